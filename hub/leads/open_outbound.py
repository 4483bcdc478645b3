"""Open a lead for every member of an outbound campaign (flow 9): once each, whenever and however often it is pulled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.leads.open_lead import NewLead, open_leads
from hub.records.contact import Direction
from hub.settings.leads import LeadRules
from hub.store.sets import run_set

AT_ONCE: Final = 500

_UNOPENED: Final = """
SELECT m.system, m.external_id, m.campaign, m.customer_id
FROM json_to_recordset(CAST(:rows AS json)) AS r(campaign text, system text, members json, step text)
CROSS JOIN LATERAL (
  SELECT * FROM campaign_membership c
  WHERE c.campaign = r.campaign AND NOT c.deleted AND c.customer_id IS NOT NULL
    AND (CAST(:only AS uuid[]) IS NULL OR c.id = ANY(CAST(:only AS uuid[])))
    AND (r.system IS NULL OR c.system = r.system) AND (r.step IS NULL OR c.step = r.step)
    AND c.state IN (SELECT json_array_elements_text(r.members))
    AND NOT EXISTS (SELECT FROM lead_handling h WHERE h.source_system = c.system AND h.source_id = c.external_id)
  ORDER BY c.as_of, c.id LIMIT :limit) m
LIMIT :limit
"""


async def open_outbound(
    connection: AsyncConnection,
    rules: LeadRules,
    now: datetime,
    limit: int = AT_ONCE,
    only: Sequence[UUID] | None = None,
) -> int:
    """Up to `limit` leads, of the memberships `only` where given; how many were opened.

    Who is not known yet is no lead until he is: the next look finds him.
    """
    if not rules.outbound or (only is not None and not only):
        return 0
    rows = [
        {"campaign": name, "system": one.system, "members": list(one.members), "step": one.step}
        for name, one in rules.outbound.items()
    ]
    wanted = None if only is None else list(only)
    # Of two looks at once the second one sees what the first opened.
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('outbound-leads', 0))"))
    members = (await run_set(connection, _UNOPENED, rows, limit=limit, only=wanted)).all()
    return len(await open_leads(connection, [(_lead(rules, member), member.system) for member in members], now))


def _lead(rules: LeadRules, member: Row[Any]) -> NewLead:  # Any: a row of _UNOPENED
    terms = rules.outbound[member.campaign]
    return NewLead(
        customer=member.customer_id,
        name=terms.name or member.campaign,
        direction=Direction.OUTBOUND,
        proposition=terms.proposition,
        campaign=member.campaign,
        rating=terms.rating,
        priority=terms.priority,
        source=(member.system, member.external_id),
    )
