"""Deliveries as a transaction holds them, moved along their table and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.live.changes import Change
from hub.live.publish import publish
from hub.outbound.states import DELIVERY_STATES, LIVING
from hub.outbound.tables import LeadDelivery
from hub.records.outbound import ChannelKind, DeliveryReason, DeliveryState

TOPIC: Final = "LeadDelivery"
"""Topic of the change feed."""

_LEADS = text(
    """SELECT l.id FROM sales_lead l
       WHERE l.id IN (SELECT d.lead_id FROM lead_delivery d WHERE d.id = ANY(:ids)) ORDER BY l.id FOR SHARE"""
)

_DELIVERIES = text(
    """SELECT d.id, d.lead_id, d.channel, d.kind, d.step, d.state, d.tries, d.planned_for, d.expires_at, d.taken_by,
         d.run_id, d.address_proof, l.customer_id, l.deleted OR h.closed_at IS NOT NULL AS ended,
         h.responded_at IS NOT NULL AS responded, l.campaign, l.name AS lead_name
       FROM lead_delivery d JOIN sales_lead l ON l.id = d.lead_id LEFT JOIN lead_handling h ON h.lead_id = l.id
       WHERE d.id = ANY(:ids) ORDER BY d.id FOR UPDATE OF d"""
)

_LOOK_AGAIN = text(
    """UPDATE lead_plan SET look_at = :now WHERE lead_id IN (
         SELECT lead_id FROM lead_plan WHERE lead_id = ANY(:leads) ORDER BY lead_id FOR UPDATE)"""
)
"""What ended without having arrived may leave nobody who reaches the customer: the planner decides."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery with what its lead says at this moment. `ended`: there is nothing to be sold any more."""

    id: UUID
    lead_id: UUID
    channel: str
    kind: ChannelKind
    step: int
    state: DeliveryState
    tries: int
    planned_for: datetime
    expires_at: datetime
    taken_by: str | None
    run_id: UUID | None
    address_proof: bytes | None
    customer_id: UUID | None
    ended: bool
    responded: bool
    campaign: str | None
    lead_name: str | None


async def hold(connection: AsyncConnection, ids: Sequence[UUID]) -> list[Delivery]:
    """Those that exist, by id, held until the transaction ends, and their leads against an answer until then.

    Leads first, as whoever records an answer does: an answer either is seen here, or waits for this transaction.
    """
    await connection.execute(_LEADS, {"ids": list(ids)})
    rows = await connection.execute(_DELIVERIES, {"ids": list(ids)})
    return [
        Delivery(**row._asdict() | {"kind": ChannelKind(row.kind), "state": DeliveryState(row.state)}) for row in rows
    ]


async def move(
    connection: AsyncConnection,
    deliveries: Sequence[Delivery],
    to: DeliveryState,
    reason: DeliveryReason | None,
    now: datetime,
    **columns: Any,  # Any: values of whatever columns of LeadDelivery
) -> None:
    """Into another state, all or none; Conflict where the table forbids it. Followers are told."""
    for state in {one.state for one in deliveries}:
        DELIVERY_STATES.check(state, to)
    if not deliveries:
        return
    rows = update(LeadDelivery).where(LeadDelivery.id.in_([one.id for one in deliveries]))
    await connection.execute(rows.values(state=to, reason=reason, changed_at=now, **columns))
    if to not in LIVING:
        await connection.execute(_LOOK_AGAIN, {"leads": [one.lead_id for one in deliveries], "now": now})
    await announced(connection, [one.id for one in deliveries], now)


async def announced(connection: AsyncConnection, ids: Sequence[UUID], now: datetime) -> None:
    """Tell who follows these that their state changed."""
    await publish(connection, [Change(TOPIC, str(one), f"{TOPIC}StateChangeEvent") for one in ids], now)
