"""Which campaigns run, as the CM said when it was last pulled (flow 3)."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.records.identity import Entity
from hub.records.offers import CampaignState


async def running_campaigns(connection: AsyncConnection) -> frozenset[str] | None:
    """Their names; None where no flow brings campaigns, so that nothing is known of them."""
    rows = await connection.execute(
        text(
            """SELECT c.name FROM (SELECT EXISTS (
                 SELECT FROM information_flow WHERE entity = :entity AND target = 'hub' AND NOT planned) AS told) f
               LEFT JOIN campaign c ON c.state = :running AND NOT c.deleted
               WHERE f.told"""
        ),
        {"entity": Entity.CAMPAIGN.value, "running": CampaignState.RUNNING.value},
    )
    names = list(rows.scalars())
    return frozenset(name for name in names if name is not None) if names else None
