"""Accept a page into the last images: the newest content per object wins, whatever order pages arrive in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.incoming import Content, Incoming
from hub.flows.lane import LaneContext
from hub.store.sets import run_set

NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""`as_of` of a row that has only ever seen a tombstone: older than every content."""


@dataclass(slots=True)
class Accepted:
    """What a page did to the last images, by external id.

    `versions` are the new contents with their version; `touched` came again with the same content and a newer stamp.
    `doubtful` contradict a later read (changed after the stored stamp, yet older than that read): read them again.
    """

    versions: dict[str, int] = field(default_factory=dict)
    created: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    restored: set[str] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)
    unchanged: int = 0
    stale: int = 0

    @property
    def changed(self) -> set[str]:
        """Ids whose golden records must be looked at again."""
        return self.versions.keys() | self.deleted | self.restored


_CONTENTS: Final = """
INSERT INTO source_record AS s (system, entity, external_id, as_of, stamp, fingerprint, digest, document, owner,
  version, mapping_version, observed_at)
SELECT :system, :entity, r.external_id, r.as_of, r.stamp, r.fingerprint, decode(r.digest, 'hex'), r.document, r.owner,
  1, :mapping_version, :now
FROM json_to_recordset(CAST(:rows AS json)) AS r(external_id text, as_of timestamptz, stamp timestamptz,
  fingerprint text, digest text, document jsonb, owner text)
ORDER BY r.external_id
ON CONFLICT (system, entity, external_id) DO UPDATE SET as_of = excluded.as_of, stamp = excluded.stamp,
  fingerprint = excluded.fingerprint, digest = excluded.digest, document = excluded.document, owner = excluded.owner,
  version = s.version + (CASE WHEN excluded.digest = s.digest THEN 0 ELSE 1 END),
  mapping_version = excluded.mapping_version, observed_at = excluded.observed_at
WHERE (excluded.as_of, excluded.digest) > (s.as_of, s.digest)
RETURNING external_id, version, deleted"""

_TOMBSTONES: Final = """
INSERT INTO source_record AS s (system, entity, external_id, as_of, deleted_as_of, digest, version, mapping_version,
  observed_at)
SELECT :system, :entity, r.external_id, :never, r.as_of, ''::bytea, 0, '', :now
FROM json_to_recordset(CAST(:rows AS json)) AS r(external_id text, as_of timestamptz)
ORDER BY r.external_id
ON CONFLICT (system, entity, external_id) DO UPDATE SET deleted_as_of = excluded.deleted_as_of
WHERE s.deleted_as_of IS NULL OR excluded.deleted_as_of > s.deleted_as_of
RETURNING external_id, deleted"""


async def accept(
    connection: AsyncConnection, lane: LaneContext, page: Incoming, mapping_version: str, now: datetime
) -> Accepted:
    """Write what is newer than the stored images; equal, older and contradicting ones are counted and left."""
    ids = [*page.contents, *page.tombstones]
    stored = await _stored(connection, lane, ids)
    result = Accepted()
    newer = [content for content in page.contents.values() if _is_newer(content, stored, result)]
    if newer:
        await _write_contents(connection, lane, newer, stored, mapping_version, now, result)
    if page.tombstones:
        await _write_tombstones(connection, lane, page.tombstones, stored, now, result)
    return result


async def newer_contents(connection: AsyncConnection, lane: LaneContext, page: Incoming) -> dict[str, Content]:
    """The contents that the stored images do not outdate: only they can change anything and need locks.

    Stored images only ever grow newer, so a content that is left out here stays outdated.
    """
    stored = await _stored(connection, lane, list(page.contents))
    return {
        external_id: content
        for external_id, content in page.contents.items()
        if external_id not in stored
        or (content.as_of, content.digest) > (stored[external_id].as_of, stored[external_id].digest)
    }


def _is_newer(content: Content, stored: Mapping[str, Row[Any]], result: Accepted) -> bool:
    held = stored.get(content.external_id)
    if held is None or (content.as_of, content.digest) > (held.as_of, held.digest):
        return True
    if (content.as_of, content.digest) == (held.as_of, held.digest):
        result.unchanged += 1
        return False
    result.stale += 1
    moved_since = content.stamp is not None and (held.stamp is None or content.stamp > held.stamp)
    if moved_since and content.fingerprint != held.fingerprint:
        result.doubtful.add(content.external_id)
    return False


async def _stored(connection: AsyncConnection, lane: LaneContext, ids: Sequence[str]) -> dict[str, Row[Any]]:
    rows = await connection.execute(
        text(
            """SELECT external_id, as_of, stamp, fingerprint, digest, deleted, version FROM source_record
               WHERE system = :system AND entity = :entity AND external_id = ANY(:ids)"""
        ),
        {"system": lane.system, "entity": lane.entity.value, "ids": ids},
    )
    return {row.external_id: row for row in rows}


async def _write_contents(
    connection: AsyncConnection,
    lane: LaneContext,
    newer: Sequence[Content],
    stored: Mapping[str, Row[Any]],
    mapping_version: str,
    now: datetime,
    result: Accepted,
) -> None:
    rows = [
        {
            "external_id": content.external_id,
            "as_of": content.as_of,
            "stamp": content.stamp,
            "fingerprint": content.fingerprint,
            "digest": content.digest.hex(),
            "document": orjson.Fragment(content.document),
            "owner": content.owner,
        }
        for content in newer
    ]
    binds = {"system": lane.system, "entity": lane.entity.value, "mapping_version": mapping_version, "now": now}
    written = {row.external_id: row for row in await run_set(connection, _CONTENTS, rows, **binds)}
    result.stale += len(newer) - len(written)
    for external_id, row in written.items():
        before = stored.get(external_id)
        if before is None or row.version != before.version:
            result.versions[external_id] = row.version
            if row.version == 1:
                result.created.add(external_id)
        else:
            result.touched.add(external_id)
        if before is not None and before.deleted and not row.deleted:
            result.restored.add(external_id)


async def _write_tombstones(
    connection: AsyncConnection,
    lane: LaneContext,
    tombstones: Mapping[str, datetime],
    stored: Mapping[str, Row[Any]],
    now: datetime,
    result: Accepted,
) -> None:
    rows = [{"external_id": external_id, "as_of": as_of} for external_id, as_of in tombstones.items()]
    binds = {"system": lane.system, "entity": lane.entity.value, "never": NEVER, "now": now}
    for row in await run_set(connection, _TOMBSTONES, rows, **binds):
        before = stored.get(row.external_id)
        known = row.external_id in result.versions or (before is not None and before.version > 0)
        if row.deleted and known and not (before is not None and before.deleted):
            result.deleted.add(row.external_id)
