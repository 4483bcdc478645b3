"""Twins: what a lane that does not count brought in, and every version of it, until its migration ends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.accept import Accepted
from hub.flows.incoming import Content
from hub.flows.lane import LaneContext
from hub.store.sets import run_set

_INSERT: Final = """
INSERT INTO shadow_version (lane_id, external_id, as_of, stamp, observed_at, digest, document, deleted)
SELECT :lane_id, r.external_id, r.as_of, r.stamp, :now, decode(r.digest, 'hex'), r.document, r.deleted
FROM json_to_recordset(CAST(:rows AS json)) AS r(external_id text, as_of timestamptz, stamp timestamptz, digest text,
  document jsonb, deleted boolean)"""

_TWINS: Final = "hashtext('contacthub.twins'), 0"
"""Advisory, for what has no row yet: a page of somebody whom nothing that counts knows."""

_FORGET_VERSIONS_OF: Final = text("""
DELETE FROM shadow_version v USING lane l, information_flow f
WHERE l.id = v.lane_id AND f.name = l.flow AND f.source = :system AND CASE WHEN f.entity = 'customer'
  THEN v.external_id = :subject
  ELSE v.document->>'customer' = :subject OR EXISTS (SELECT FROM shadow_record r
    WHERE r.lane_id = v.lane_id AND r.external_id = v.external_id AND r.owner = :subject) END""")

_FORGET_RECORDS_OF: Final = text("""
DELETE FROM shadow_record r USING lane l, information_flow f
WHERE l.id = r.lane_id AND f.name = l.flow AND f.source = :system
  AND (r.owner = :subject OR (f.entity = 'customer' AND r.external_id = :subject))""")


async def keep_twin_versions(
    connection: AsyncConnection,
    lane: LaneContext,
    newer: Mapping[str, Content],
    tombstones: Mapping[str, datetime],
    accepted: Accepted,
    now: datetime,
) -> None:
    """Keep each content and each later tombstone that the guard let through; a content that only came again is none.

    A content that came again behind a tombstone is kept once more: from then on the object lives again.
    """
    rows: list[dict[str, object]] = [
        {
            "external_id": external_id,
            "as_of": newer[external_id].as_of,
            "stamp": newer[external_id].stamp,
            "digest": newer[external_id].digest.hex(),
            "document": orjson.Fragment(newer[external_id].document),
            "deleted": False,
        }
        for external_id in sorted(accepted.versions.keys() | accepted.restored)
    ]
    rows += [
        {"external_id": external_id, "as_of": tombstones[external_id], "digest": "", "deleted": True}
        for external_id in sorted(accepted.tombstoned)
    ]
    if rows:
        await run_set(connection, _INSERT, rows, lane_id=lane.lane_id, now=now)


async def begin_twins(connection: AsyncConnection, lane_id: int, now: datetime) -> None:
    """Let the lane's next run read everything into fresh twins; call it when a lane becomes SHADOW or VERIFY.

    A lane that went on from an old cursor would bring only what changed since, and parity would miss the rest.
    """
    await forget_twins(connection, lane_id)
    await connection.execute(text("DELETE FROM lane_cursor WHERE lane_id = :lane"), {"lane": lane_id})
    await connection.execute(text("UPDATE lane SET twins_since = :now WHERE id = :lane"), {"lane": lane_id, "now": now})


async def forget_twins(connection: AsyncConnection, lane_id: int) -> None:
    """Drop the twins of a lane whose migration has ended; set its new mode first.

    A lane that does not count by now also loses what it put into quarantine, and its cursor: the twins that the cursor
    spoke of are gone, so whenever the lane runs again it begins with everything.
    """
    for statement in (
        "DELETE FROM shadow_version WHERE lane_id = :lane",
        "DELETE FROM shadow_record WHERE lane_id = :lane",
        "UPDATE lane SET twins_since = NULL WHERE id = :lane",
        """DELETE FROM lane_cursor c USING lane l
           WHERE c.lane_id = :lane AND l.id = c.lane_id AND l.mode <> 'AUTHORITATIVE'""",
        """UPDATE quarantine q SET state = 'SUPERSEDED' FROM lane l
           WHERE q.lane_id = :lane AND q.state = 'OPEN' AND l.id = q.lane_id AND l.mode <> 'AUTHORITATIVE'""",
    ):
        await connection.execute(text(statement), {"lane": lane_id})


async def beside_erasures(connection: AsyncConnection) -> None:
    """To be called first by who writes twins: an erasure waits for this transaction, or has committed what it did."""
    await connection.execute(text(f"SELECT pg_advisory_xact_lock_shared({_TWINS})"))


async def hold_twins(connection: AsyncConnection) -> None:
    """No twin is written until the transaction ends. Call it before anything else is held."""
    await connection.execute(text(f"SELECT pg_advisory_xact_lock({_TWINS})"))


async def forget_twins_of(connection: AsyncConnection, system: str, subject: str) -> None:
    """Drop the twins of one person as this system knows him, with all that belongs or belonged to him.

    Part of his erasure: `subject` is the customer's external id, his twins are held (`hold_twins`), and he is
    suppressed, or the next run brings him back.
    """
    binds = {"system": system, "subject": subject}
    await connection.execute(_FORGET_VERSIONS_OF, binds)
    await connection.execute(_FORGET_RECORDS_OF, binds)
