"""Forget requests that ended long ago: those of the hub's own, and what it did about those of packages."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.introduce import SELF

# A promise that is still to be kept and a command that waits for an answer or a person keep their request.
_FORGET: Final = text(
    f"""WITH due AS (
         SELECT r.id, r.system, r.number FROM request_handling h JOIN business_request r ON r.id = h.request_id
         WHERE h.closed_at < :before
           AND NOT EXISTS (SELECT FROM commitment c WHERE c.request_id = r.id AND c.settled_at IS NULL)
           AND NOT EXISTS (SELECT FROM connected_system s JOIN outbound_command c ON c.target = s.name
             AND c.entity = 'business_request' AND c.external_id = r.number
             AND c.state NOT IN ('DONE', 'REFUSED', 'MERGED', 'CANCELLED') WHERE r.system = '{SELF}')
         LIMIT :limit FOR UPDATE OF h SKIP LOCKED),
       own AS (DELETE FROM business_request b USING due d WHERE b.id = d.id AND d.system = '{SELF}'),
       steps AS (DELETE FROM request_task t USING due d WHERE t.request_id = d.id AND d.system <> '{SELF}'),
       work AS (DELETE FROM request_handling h USING due d WHERE h.request_id = d.id AND d.system <> '{SELF}'),
       untold AS (
         DELETE FROM target_image t USING due d CROSS JOIN connected_system s
         WHERE d.system = '{SELF}' AND t.target = s.name AND t.entity = 'business_request'
           AND t.external_id = d.number)
       SELECT count(*) FROM due"""  # noqa: S608  a constant name
)


async def forget_requests(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete up to `limit` requests that ended before then, with steps and answers; returns how many.

    Of a package's own request only the answers, steps and handling go: the package has the rest, and says it again.
    """
    count: int = await connection.scalar(_FORGET, {"before": before, "limit": limit})
    return count
