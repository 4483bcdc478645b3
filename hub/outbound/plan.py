"""Plan outbound leads: who is approached when and by which channel; when it leaves, everything is asked again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Row, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.consent_read import consents_of
from hub.offers.consent import allows
from hub.outbound.capacity import hold_channel
from hub.outbound.earlier import Earlier, earlier_of
from hub.outbound.reached import reached_among
from hub.outbound.spread import Candidate, Load, Planned, spread
from hub.outbound.tables import LeadDelivery
from hub.outbound.unreached import say_unreached
from hub.records.enums import LeadPriority
from hub.records.outbound import DeliveryReason, DeliveryState
from hub.settings.channels import channels_of
from hub.settings.find_channels import Outbound
from hub.store.sets import run_set

LOOK_AGAIN: Final = timedelta(days=1)
"""Whom no channel reaches today may have an address, or have consented, tomorrow."""

RANKS: Final[Mapping[str | None, int]] = {LeadPriority.HIGH: 0, LeadPriority.MEDIUM: 1, None: 1, LeadPriority.LOW: 2}

_UNPLANNED = text(
    """SELECT l.id, l.customer_id, l.priority, h.opened_at FROM lead_handling h JOIN sales_lead l ON l.id = h.lead_id
       LEFT JOIN lead_plan p ON p.lead_id = l.id
       WHERE h.direction = 'OUTBOUND' AND h.responded_at IS NULL AND h.closed_at IS NULL AND NOT l.deleted
         AND l.customer_id IS NOT NULL AND (p.lead_id IS NULL OR p.look_at <= :now)
       ORDER BY h.opened_at, l.id LIMIT :limit FOR UPDATE OF l SKIP LOCKED"""
)

_LOADS = text(
    """SELECT channel, coalesce(taken_at, planned_for) AS at, count(*) AS many FROM lead_delivery
       WHERE channel = ANY(:channels) AND state IN ('PLANNED', 'CLAIMED', 'SENDING', 'SENT', 'UNKNOWN', 'BOUNCED')
         AND (state IN ('PLANNED', 'CLAIMED') OR taken_at > CAST(:now AS timestamptz) - interval '2 days')
       GROUP BY 1, 2"""
)

_MARK: Final = """
INSERT INTO lead_plan (lead_id, planned_at, deliveries, look_at)
SELECT r.lead_id, :now, r.deliveries, r.look_at
FROM json_to_recordset(CAST(:rows AS json)) AS r(lead_id uuid, deliveries smallint, look_at timestamptz)
ON CONFLICT (lead_id) DO UPDATE SET planned_at = excluded.planned_at,
  deliveries = lead_plan.deliveries + excluded.deliveries, look_at = excluded.look_at
"""


async def plan_leads(connection: AsyncConnection, outbound: Outbound, now: datetime, limit: int) -> int:
    """Plan up to `limit` leads that nobody answered yet; how many were looked at.

    A lead of which nothing is under way any more, since all failed, goes by the channels that are left, or by one whose
    reason has gone: an address was corrected, a consent given. Where there is none its reason is told.
    """
    if not outbound.rules.steps:
        return 0
    names = sorted(channels_of(outbound.rules))
    for name in names:
        await hold_channel(connection, name)
    leads = (await connection.execute(_UNPLANNED, {"now": now, "limit": limit})).all()
    if not leads:
        return 0
    earlier = await earlier_of(connection, [lead.id for lead in leads])
    found = await _candidates(connection, outbound, names, leads, earlier, now)
    candidates = [one for one, _ in found if not earlier[one.lead].under_way]
    loads = await _loads(connection, outbound, names, now)
    plan = spread(candidates, outbound.rules.steps, loads, now)
    ranks = {one.lead: one.rank for one in candidates}
    if plan:
        expires = timedelta(days=outbound.rules.expire_days)
        rows = [_row(outbound, one, ranks[one.lead], one.planned_for + expires, now) for one in plan]
        await connection.execute(insert(LeadDelivery), rows)
    await _mark(connection, candidates, leads, plan, now)
    await say_unreached(connection, _reasons(found, earlier, plan), now)
    return len(leads)


async def _candidates(
    connection: AsyncConnection,
    outbound: Outbound,
    names: Sequence[str],
    leads: Sequence[Row[Any]],
    earlier: Mapping[UUID, Earlier],
    now: datetime,
) -> list[tuple[Candidate, DeliveryReason]]:
    """Each with the reason that counts if no channel is left for it."""
    customers = [lead.customer_id for lead in leads]
    consents = await consents_of(connection, list(dict.fromkeys(customers)))
    reached = await reached_among(connection, customers, now)

    def allowed(name: str, customer: UUID) -> bool:
        channel = outbound.channels[name]
        return allows(consents[customer], channel.consent, channel.contact_channel, now)

    found = []
    for lead in leads:
        there = reached.get(lead.customer_id)
        reaching = [name for name in names if there is not None and there.by(outbound.channels[name].kind)]
        serving = {name for name in reaching if allowed(name, lead.customer_id)} - earlier[lead.id].closed()
        candidate = Candidate(lead.id, RANKS[lead.priority], lead.opened_at, frozenset(serving))
        found.append((candidate, DeliveryReason.NO_CONSENT if reaching else DeliveryReason.NOT_REACHABLE))
    return found


def _reasons(
    found: Sequence[tuple[Candidate, DeliveryReason]], earlier: Mapping[UUID, Earlier], plan: Sequence[Planned]
) -> Mapping[UUID, DeliveryReason | None]:
    """Why nobody is reached by now: what became of the last delivery, else why there never was one."""
    planned = {one.lead for one in plan}
    return {
        one.lead: None if one.lead in planned or earlier[one.lead].under_way else earlier[one.lead].reason or reason
        for one, reason in found
    }


async def _loads(
    connection: AsyncConnection, outbound: Outbound, names: Sequence[str], now: datetime
) -> Mapping[str, Load]:
    loads = {name: Load(outbound.channels[name]) for name in names}
    for row in await connection.execute(_LOADS, {"channels": list(names), "now": now}):
        loads[row.channel].add(row.at, row.many)
    return loads


def _row(outbound: Outbound, one: Planned, rank: int, expires_at: datetime, now: datetime) -> dict[str, object]:
    return {
        "id": uuid4(),
        "lead_id": one.lead,
        "channel": one.channel,
        "kind": outbound.channels[one.channel].kind,
        "step": one.step,
        "state": DeliveryState.PLANNED,
        "rank": rank,
        "planned_for": one.planned_for,
        "expires_at": expires_at,
        "created_at": now,
        "changed_at": now,
    }


async def _mark(
    connection: AsyncConnection,
    candidates: Sequence[Candidate],
    leads: Sequence[Row[Any]],
    plan: Sequence[Planned],
    now: datetime,
) -> None:
    counts = Counter(one.lead for one in plan)
    again = (now + LOOK_AGAIN).isoformat()
    unserved = {one.lead for one in candidates} - counts.keys()
    rows = [
        {"lead_id": lead.id, "deliveries": counts[lead.id], "look_at": again if lead.id in unserved else None}
        for lead in leads
    ]
    await run_set(connection, _MARK, rows, now=now)
