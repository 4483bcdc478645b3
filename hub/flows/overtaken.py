"""Which of the objects that were just taken in something later had overtaken before."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.images import images_of
from hub.flows.incoming import Incoming
from hub.flows.lane import LaneContext
from hub.store.sets import run_set

_LATER: Final = """
SELECT r.external_id FROM json_to_recordset(CAST(:rows AS json)) AS r(external_id text, as_of timestamptz)
CROSS JOIN LATERAL (SELECT o.as_of, o.deleted_as_of FROM {images.table} o
  WHERE {images.where} AND o.external_id = r.external_id LIMIT 1) s
WHERE greatest(s.as_of, s.deleted_as_of) > r.as_of"""


async def overtaken(connection: AsyncConnection, lane: LaneContext, incoming: Incoming) -> set[str]:
    """Objects of which the lane holds a later word than each of `incoming`'s own: nothing of it stands there now."""
    told = {external_id: content.as_of for external_id, content in incoming.contents.items()}
    for external_id, gone in incoming.tombstones.items():
        told[external_id] = max(gone, told.get(external_id, gone))
    if not told:
        return set()
    images = images_of(lane)
    rows = [{"external_id": external_id, "as_of": as_of} for external_id, as_of in told.items()]
    return set((await run_set(connection, _LATER.format(images=images), rows, **images.key)).scalars())
