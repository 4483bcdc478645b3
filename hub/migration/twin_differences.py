"""Where what is live and a lane's twins differ, and twins as pages for apply."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.incoming import Content, Incoming
from hub.flows.lane import LaneContext
from hub.records.catalogue import RECORD_OF
from hub.records.identity import Entity

PAGE: Final = 500

_DIFFERENT: Final = text("""
SELECT external_id FROM (
  SELECT coalesce(s.external_id, t.external_id) AS external_id
  FROM (SELECT external_id, digest, deleted FROM source_record
        WHERE system = :system AND entity = :entity AND external_id > :after) AS s
  FULL JOIN (SELECT external_id, digest, deleted FROM shadow_record
             WHERE lane_id = :lane AND external_id > :after) AS t ON t.external_id = s.external_id
  WHERE NOT (coalesce(s.deleted, true) AND coalesce(t.deleted, true))
    AND (s.deleted, s.digest) IS DISTINCT FROM (t.deleted, t.digest)) AS different
ORDER BY external_id LIMIT :limit""")

_TWINS: Final = text("""
SELECT external_id, as_of, stamp, fingerprint, document::text AS document, deleted, deleted_as_of
FROM shadow_record
WHERE lane_id = :lane AND external_id > :after AND greatest(as_of, deleted_as_of) >= :since
ORDER BY external_id LIMIT :limit""")

_TWINS_OF: Final = text("""
SELECT external_id, as_of, stamp, fingerprint, document::text AS document, deleted, deleted_as_of
FROM shadow_record WHERE lane_id = :lane AND external_id = ANY(:ids) ORDER BY external_id""")


async def different(connection: AsyncConnection, lane: LaneContext, twins_of: int, after: str) -> list[str]:
    """Ids behind `after`, in order, of objects that are not the same on both sides; gone on both is the same."""
    binds = {"system": lane.system, "entity": lane.entity.value, "lane": twins_of, "after": after, "limit": PAGE}
    return list((await connection.execute(_DIFFERENT, binds)).scalars())


async def twins_since(
    connection: AsyncConnection, lane: LaneContext, since: datetime, after: str
) -> tuple[Incoming, str | None]:
    """A page of twins that changed at the source since then, and the id behind which the next begins (None: none)."""
    binds = {"lane": lane.lane_id, "since": since, "after": after, "limit": PAGE}
    rows = (await connection.execute(_TWINS, binds)).all()
    return _incoming(rows, lane.entity, None), rows[-1].external_id if len(rows) == PAGE else None


async def twins_as_of(connection: AsyncConnection, lane: LaneContext, ids: Sequence[str], as_of: datetime) -> Incoming:
    """The living twins of these objects, said to be true at `as_of`."""
    rows = (await connection.execute(_TWINS_OF, {"lane": lane.lane_id, "ids": list(ids)})).all()
    return _incoming([row for row in rows if not row.deleted], lane.entity, as_of)


def _incoming(rows: Sequence[Row[Any]], entity: Entity, as_of: datetime | None) -> Incoming:
    contents = {row.external_id: _content(row, entity, as_of) for row in rows if row.document is not None}
    tombstones = {row.external_id: row.deleted_as_of for row in rows if row.deleted}
    return Incoming(contents, tombstones, (), len(rows))


def _content(row: Row[Any], entity: Entity, as_of: datetime | None) -> Content:
    record = RECORD_OF[entity].model_validate_json(row.document)
    document = record.model_dump_json(exclude_defaults=True).encode()
    return Content(
        external_id=row.external_id,
        as_of=as_of or row.as_of,
        stamp=row.stamp,
        fingerprint=row.fingerprint,
        record=record,
        document=document,
        digest=hashlib.sha256(document).digest(),
    )
