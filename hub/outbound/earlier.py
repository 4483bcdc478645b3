"""What a lead's deliveries came to so far, which says by which channels it may still go out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.outbound.states import LIVING
from hub.records.outbound import DeliveryReason, DeliveryState

ROUNDS: Final = 3
"""Deliveries of one lead by one channel at most, however often its address is corrected."""

_MENDABLE: Final = frozenset(
    {
        DeliveryReason.NOT_REACHABLE,
        DeliveryReason.RETURNED,
        DeliveryReason.NO_CONSENT,
        DeliveryReason.LEAD_ENDED,
    }
)
"""What another address or a consent mends, or a lead that goes on again; a marked address reaches nobody meanwhile."""

_DELIVERIES = text(
    """SELECT lead_id, channel, state, reason FROM lead_delivery WHERE lead_id = ANY(:leads)
       ORDER BY lead_id, changed_at, id"""
)


@dataclass
class Earlier:
    """`under_way`: something waits, is being sent or has arrived. `reason` is why the last one did not arrive."""

    under_way: bool = False
    given_up: set[str] = field(default_factory=set)
    rounds: Counter[str] = field(default_factory=Counter)
    reason: DeliveryReason | None = None

    def closed(self) -> Set[str]:
        """Channels that do not carry this lead again."""
        return self.given_up | {name for name, many in self.rounds.items() if many >= ROUNDS}


async def earlier_of(connection: AsyncConnection, leads: Sequence[UUID]) -> Mapping[UUID, Earlier]:
    """For each of these leads, also for one of which nothing was ever planned."""
    found = {lead: Earlier() for lead in leads}
    for row in await connection.execute(_DELIVERIES, {"leads": list(leads)}):
        one = found[row.lead_id]
        one.rounds[row.channel] += 1
        if DeliveryState(row.state) in LIVING:
            one.under_way = True
            continue
        one.reason = None if row.reason is None else DeliveryReason(row.reason)
        if one.reason not in _MENDABLE:
            one.given_up.add(row.channel)
    return found
