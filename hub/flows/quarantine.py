"""Keep what could not be applied, with its original bytes, until somebody or a better version settles it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.incoming import Refusal, subject_of
from hub.flows.lane import LaneContext
from hub.store.keys import KeyRing
from hub.store.sets import run_set

_INSERT: Final = """
INSERT INTO quarantine (lane_id, run_id, system, entity, external_id, place, code, path, reason, subject_key_id, body,
  content, digest, as_of, stamp, fingerprint, at)
SELECT :lane_id, CAST(:run_id AS uuid), :system, :entity, r.external_id, r.place, r.code, r.path, r.reason, r.key_id,
  decode(r.body, 'hex'), decode(r.content, 'hex'), decode(r.digest, 'hex'), r.as_of, r.stamp, r.fingerprint, :now
FROM json_to_recordset(CAST(:rows AS json)) AS r(external_id text, place text, code text, path text, reason text,
  key_id uuid, body text, content text, digest text, as_of timestamptz, stamp timestamptz, fingerprint text)
WHERE NOT EXISTS (SELECT FROM quarantine q WHERE q.system = :system AND q.entity = :entity
  AND q.digest = decode(r.digest, 'hex')
  AND (q.state = 'DISCARDED' OR q.state = 'REPLAYED' AND q.corrected_at IS NOT NULL))
ON CONFLICT (lane_id, digest) WHERE state = 'OPEN' DO NOTHING RETURNING id"""


async def put_aside(
    connection: AsyncConnection, lane: LaneContext, refused: Sequence[Refusal], keys: KeyRing, now: datetime
) -> int:
    """Store refused objects encrypted for whoever they belong to, as far as that is known; returns how many are new.

    The same bytes wait only once, and do not come back once somebody has discarded them or applied his correction.
    """
    subjects = [
        f"unreadable:{lane.entity.value}"
        if refusal.external_id is None
        else refusal.owner or subject_of(lane.entity, refusal.external_id)
        for refusal in refused
    ]
    ciphers = await keys.ciphers(connection, lane.system, subjects, now)
    rows = []
    for refusal, subject in zip(refused, subjects, strict=True):
        if subject not in ciphers:
            continue
        digest = keys.proof(refusal.original)
        source = refusal.source
        content = None if source is None or source.raw is None else orjson.dumps(source.body)
        rows.append(
            {
                "external_id": refusal.external_id,
                "place": refusal.place,
                "code": refusal.code,
                "path": refusal.path,
                "reason": refusal.reason,
                "key_id": ciphers[subject].key_id,
                "body": ciphers[subject].seal(refusal.original, digest.hex()).hex(),
                "content": None if content is None else ciphers[subject].seal(content, f"{digest.hex()}/json").hex(),
                "digest": digest.hex(),
                "as_of": refusal.as_of,
                "stamp": None if source is None else source.stamp,
                "fingerprint": None if source is None else source.fingerprint,
            }
        )
    binds = {"lane_id": lane.lane_id, "run_id": lane.run_id, "system": lane.system, "entity": lane.entity.value}
    written = await run_set(connection, _INSERT, rows, now=now, **binds)
    return len(written.all())


async def original_of(connection: AsyncConnection, keys: KeyRing, quarantine_id: int) -> bytes | None:
    """The original bytes of one quarantined object; None once its subject's key is gone, or it is forgotten."""
    row = (
        await connection.execute(
            text("SELECT subject_key_id, body, digest FROM quarantine WHERE id = :id"), {"id": quarantine_id}
        )
    ).one()
    cipher = await keys.cipher_of(connection, row.subject_key_id)
    return None if cipher is None or not row.body else cipher.unseal(row.body, row.digest.hex())


def waiting_for(lane: LaneContext) -> str:
    """The condition on `quarantine` for what waits and is this lane's business; binds are those of `lane_binds`.

    A lane beside the authority answers for its own refusals only. The one that counts also answers for those of the
    lanes that counted before it, but not for a candidate's: they are evidence about the candidate.
    """
    if not lane.counts:
        return "lane_id = :lane_id AND state = 'OPEN'"
    return """system = :system AND entity = :entity AND state = 'OPEN'
              AND NOT EXISTS (SELECT FROM lane l WHERE l.id = lane_id AND l.mode IN ('SHADOW', 'VERIFY'))"""


def lane_binds(lane: LaneContext) -> dict[str, object]:
    """Values for `waiting_for`."""
    if not lane.counts:
        return {"lane_id": lane.lane_id}
    return {"system": lane.system, "entity": lane.entity.value}


async def supersede(connection: AsyncConnection, lane: LaneContext, accepted: Collection[str]) -> None:
    """Close what a later, good content of the same object has made irrelevant."""
    await connection.execute(
        text(f"UPDATE quarantine SET state = 'SUPERSEDED' WHERE {waiting_for(lane)} AND external_id = ANY(:ids)"),  # noqa: S608  words of ours
        {**lane_binds(lane), "ids": list(accepted)},
    )
