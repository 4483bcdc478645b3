"""Where the versions of an object go on that is not stored any more, while its versions are: its owner was erased."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.images import Images
from hub.store.sets import run_set

_ANYBODY: Final = text("SELECT EXISTS (SELECT FROM suppression)")

_LAST: Final = """
SELECT r.id, l.version FROM json_array_elements_text(CAST(:rows AS json)) AS r(id)
CROSS JOIN LATERAL (SELECT v.version FROM document_version v
  WHERE v.system = :system AND v.entity = :entity AND v.external_id = r.id ORDER BY v.version DESC LIMIT 1) l"""


async def last_versions(connection: AsyncConnection, images: Images, unknown: Collection[str]) -> Mapping[str, int]:
    """By external id, of objects without a last image; those that never had one are left out.

    An order that somebody else has by now is told again, and its versions of before stay, readable or not.
    """
    if not unknown or "entity" not in images.key or not await connection.scalar(_ANYBODY):
        return {}
    rows = await run_set(connection, _LAST, list(unknown), **images.key)
    return {row.id: row.version for row in rows}
