"""Accept a page into the last images: the newest content per object wins, whatever order pages arrive in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, NamedTuple

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.images import Images, images_of
from hub.flows.incoming import Content, Incoming
from hub.flows.lane import LaneContext
from hub.flows.numbering import last_versions
from hub.store.insert import insert_new
from hub.store.sets import run_set
from hub.store.tables import SourceRecord

NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""`as_of` of a row that has only ever seen a tombstone: older than every content."""


class Image(NamedTuple):
    """The head of a stored last image."""

    external_id: str
    as_of: datetime
    stamp: datetime | None
    fingerprint: str | None
    digest: bytes
    deleted: bool
    version: int


@dataclass(slots=True)
class Accepted:
    """What a page did to the last images, by external id.

    `versions` are the new contents with their version; `touched` came again with the same content and a newer stamp.
    `buried` are contents older than their object's tombstone. `tombstoned` got a later tombstone, and those of them
    that lived until now are `deleted`.
    `doubtful` contradict a later read (changed after the stored stamp, yet older than that read): read them again.
    `stale` counts what is older than what is stored: contents, those of a deleted object that leave it so, and
    tombstones that leave their object alive.
    """

    versions: dict[str, int] = field(default_factory=dict)
    created: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    tombstoned: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    restored: set[str] = field(default_factory=set)
    buried: set[str] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)
    unchanged: int = 0
    stale: int = 0

    @property
    def changed(self) -> set[str]:
        """Ids whose golden records must be looked at again."""
        return self.versions.keys() | self.deleted | self.restored


_CONTENTS: Final = """
INSERT INTO {images.table} AS s ({images.columns}, external_id, as_of, stamp, fingerprint, digest, document, owner,
  version, mapping_version, observed_at)
SELECT {images.values}, r.external_id, r.as_of, r.stamp, r.fingerprint, decode(r.digest, 'hex'), r.document, r.owner,
  r.version, :mapping_version, :now
FROM json_to_recordset(CAST(:rows AS json)) AS r(external_id text, as_of timestamptz, stamp timestamptz,
  fingerprint text, digest text, document jsonb, owner text, version int)
ORDER BY r.external_id
ON CONFLICT ({images.columns}, external_id) DO UPDATE SET as_of = excluded.as_of, stamp = excluded.stamp,
  fingerprint = excluded.fingerprint, digest = excluded.digest, document = excluded.document, owner = excluded.owner,
  version = s.version + (CASE WHEN excluded.digest = s.digest THEN 0 ELSE 1 END),
  mapping_version = excluded.mapping_version, observed_at = excluded.observed_at
WHERE (excluded.as_of, excluded.digest) > (s.as_of, s.digest)
RETURNING external_id, version, deleted"""

_CONTENT: Final = ("external_id", "as_of", "stamp", "fingerprint", "digest", "document", "owner")

_TOMBSTONES: Final = """
INSERT INTO {images.table} AS s ({images.columns}, external_id, as_of, deleted_as_of, digest, version,
  mapping_version, observed_at)
SELECT {images.values}, r.external_id, :never, r.as_of, ''::bytea, 0, '', :now
FROM json_to_recordset(CAST(:rows AS json)) AS r(external_id text, as_of timestamptz)
ORDER BY r.external_id
ON CONFLICT ({images.columns}, external_id) DO UPDATE SET deleted_as_of = excluded.deleted_as_of
WHERE s.deleted_as_of IS NULL OR excluded.deleted_as_of > s.deleted_as_of
RETURNING external_id, deleted"""


_STORED: Final = """
SELECT s.external_id, s.as_of, s.stamp, s.fingerprint, s.digest, s.deleted, s.version
FROM json_array_elements_text(CAST(:rows AS json)) AS r(external_id)
CROSS JOIN LATERAL (SELECT * FROM {images.table} o
  WHERE {images.where} AND o.external_id = r.external_id LIMIT 1) s"""


async def sift(connection: AsyncConnection, lane: LaneContext, page: Incoming) -> tuple[dict[str, Content], Accepted]:
    """The contents that the stored images do not outdate, and the count of the others.

    Only the former can change anything and need locks: stored images only ever grow newer, so a content that is left
    out here stays outdated.
    """
    result = Accepted()
    stored = await _stored(connection, images_of(lane), list(page.contents))
    return {i: content for i, content in page.contents.items() if _is_newer(content, stored, result)}, result


async def accept(
    connection: AsyncConnection,
    lane: LaneContext,
    newer: Mapping[str, Content],
    tombstones: Mapping[str, datetime],
    mapping_version: str,
    now: datetime,
    result: Accepted,
    *,
    alone: bool = False,
) -> None:
    """Write what is newer than the stored images into them and into `result`, which `sift` began.

    The images are read once more, since another page may have written them before this one held its locks. `alone`
    says that those keep everybody else from these objects, so that what is not stored now is certainly new.
    """
    images = images_of(lane)
    ids = [*newer, *(external_id for external_id in tombstones if external_id not in newer)]
    stored = await _stored(connection, images, ids)
    still_newer = [content for content in newer.values() if _is_newer(content, stored, result)]
    if alone:
        fresh = [content for content in still_newer if content.external_id not in stored]
        await _insert_contents(connection, images, fresh, mapping_version, now, result)
        still_newer = [content for content in still_newer if content.external_id in stored]
    if still_newer:
        await _write_contents(connection, images, still_newer, stored, mapping_version, now, result)
    if tombstones:
        await _write_tombstones(connection, images, tombstones, stored, now, result)


def _is_newer(content: Content, stored: Mapping[str, Image], result: Accepted) -> bool:
    held = stored.get(content.external_id)
    if held is None or (content.as_of, content.digest) > (held.as_of, held.digest):
        return True
    if (content.as_of, content.digest) == (held.as_of, held.digest):
        if held.deleted:
            result.stale += 1
        else:
            result.unchanged += 1
        return False
    result.stale += 1
    moved_since = content.stamp is not None and (held.stamp is None or content.stamp > held.stamp)
    if moved_since and content.fingerprint != held.fingerprint:
        result.doubtful.add(content.external_id)
    return False


async def _stored(connection: AsyncConnection, images: Images, ids: Sequence[str]) -> dict[str, Image]:
    if not ids:
        return {}
    rows = await run_set(connection, _STORED.format(images=images), ids, **images.key)
    return {row[0]: Image(*row) for row in rows.all()}


async def _insert_contents(
    connection: AsyncConnection,
    images: Images,
    fresh: Sequence[Content],
    mapping_version: str,
    now: datetime,
    result: Accepted,
) -> None:
    key = tuple(images.key.values())
    rows = [
        (*key, c.external_id, c.as_of, c.stamp, c.fingerprint, c.digest, orjson.Fragment(c.document), c.owner, 1)
        for c in fresh
    ]
    columns = (*images.key, *_CONTENT, "version", "mapping_version", "observed_at")
    await insert_new(connection, SourceRecord, columns, [(*row, mapping_version, now) for row in rows])
    result.versions |= dict.fromkeys((content.external_id for content in fresh), 1)
    result.created |= {content.external_id for content in fresh}


async def _write_contents(
    connection: AsyncConnection,
    images: Images,
    newer: Sequence[Content],
    stored: Mapping[str, Image],
    mapping_version: str,
    now: datetime,
    result: Accepted,
) -> None:
    last = await last_versions(connection, images, [one.external_id for one in newer if one.external_id not in stored])
    rows = [
        {
            "external_id": content.external_id,
            "as_of": content.as_of,
            "stamp": content.stamp,
            "fingerprint": content.fingerprint,
            "digest": content.digest.hex(),
            "document": orjson.Fragment(content.document),
            "owner": content.owner,
            "version": last.get(content.external_id, 0) + 1,
        }
        for content in newer
    ]
    statement = _CONTENTS.format(images=images)
    binds = {**images.key, "mapping_version": mapping_version, "now": now}
    written = {row.external_id: row for row in (await run_set(connection, statement, rows, **binds)).all()}
    result.stale += len(newer) - len(written)
    for external_id, row in written.items():
        before = stored.get(external_id)
        if before is None or row.version != before.version:
            result.versions[external_id] = row.version
            if row.version == last.get(external_id, 0) + 1:
                result.created.add(external_id)
        else:
            result.touched.add(external_id)
        if row.deleted:
            result.buried.add(external_id)
            result.stale += 1
        elif before is not None and before.deleted:
            result.restored.add(external_id)


async def _write_tombstones(
    connection: AsyncConnection,
    images: Images,
    tombstones: Mapping[str, datetime],
    stored: Mapping[str, Image],
    now: datetime,
    result: Accepted,
) -> None:
    rows = [{"external_id": external_id, "as_of": as_of} for external_id, as_of in tombstones.items()]
    statement = _TOMBSTONES.format(images=images)
    written = (await run_set(connection, statement, rows, **images.key, never=NEVER, now=now)).all()
    deleted = {row.external_id: row.deleted for row in written}
    result.tombstoned |= deleted.keys()
    for external_id in tombstones:
        lived = _lives(external_id, stored, result)
        if lived and deleted.get(external_id):
            result.deleted.add(external_id)
        elif lived:
            result.stale += 1


def _lives(external_id: str, stored: Mapping[str, Image], result: Accepted) -> bool:
    """Whether a content stands that no tombstone outdates, as far as the page's contents have been written."""
    if external_id in result.versions or external_id in result.touched:
        return external_id not in result.buried
    held = stored.get(external_id)
    return held is not None and held.version > 0 and not held.deleted
