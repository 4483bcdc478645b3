"""Forget leads of the hub's own that ended long ago."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.introduce import SELF

# The membership that a lead came from would open it anew, and a delivery that nobody knows the end of waits for one.
_FORGET: Final = text(
    f"""WITH gone AS (
         DELETE FROM sales_lead WHERE id = ANY(ARRAY(
           SELECT l.id FROM lead_handling h JOIN sales_lead l ON l.id = h.lead_id
           WHERE h.closed_at < :before AND l.system = '{SELF}'
             AND NOT EXISTS (SELECT FROM campaign_membership m
               WHERE m.system = h.source_system AND m.external_id = h.source_id AND NOT m.deleted)
             AND NOT EXISTS (SELECT FROM lead_response a WHERE a.lead_id = l.id AND a.recorded_at >= :before)
             AND NOT EXISTS (SELECT FROM lead_delivery d
               WHERE d.lead_id = l.id AND d.state IN ('PLANNED', 'CLAIMED', 'SENDING', 'UNKNOWN'))
             AND NOT EXISTS (SELECT FROM connected_system s JOIN outbound_command c ON c.target = s.name
               AND c.entity = 'sales_lead' AND c.external_id = l.number
               AND c.state NOT IN ('DONE', 'REFUSED', 'MERGED', 'CANCELLED'))
           LIMIT :limit)) RETURNING number),
       untold AS (
         DELETE FROM target_image t USING gone g CROSS JOIN connected_system s
         WHERE t.target = s.name AND t.entity = 'sales_lead' AND t.external_id = g.number)
       SELECT count(*) FROM gone"""  # noqa: S608  a constant name
)


async def forget_leads(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete up to `limit` leads that ended before then, with deliveries and answers; returns how many."""
    count: int = await connection.scalar(_FORGET, {"before": before, "limit": limit})
    return count
