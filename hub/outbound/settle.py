"""A person who knows better says what became of a mail of which the hub does not know."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Conflict, Invalid, NotFound
from hub.outbound.deliveries import hold, move
from hub.records.outbound import DeliveryReason, DeliveryState
from hub.store.audit import Deed, record_deed

MAY_BE: Final = (DeliveryState.SENT, DeliveryState.PLANNED, DeliveryState.FAILED)


async def settle_delivery(
    connection: AsyncConnection, delivery: UUID, to: DeliveryState, by: str, now: datetime
) -> None:
    """SENT: it left. PLANNED: it did not, send it again. FAILED: it did not, leave it. Conflict unless UNKNOWN.

    An answered lead is not sent again: STOPPED then, whatever was said.
    """
    if to not in MAY_BE:
        named = ", ".join(state.value for state in MAY_BE)
        raise Invalid(f"an unknown delivery is settled as one of {named}", ("to",))
    one = next(iter(await hold(connection, [delivery])), None)
    if one is None:
        raise NotFound("there is no such delivery")
    if one.state is not DeliveryState.UNKNOWN:
        raise Conflict(f"the delivery is {one.state.value}: only one that is UNKNOWN is settled")
    await record_deed(connection, Deed(by, "settleDelivery", "LeadDelivery", str(delivery)), now)
    if to is DeliveryState.PLANNED and (one.responded or one.ended):
        reason = DeliveryReason.RESPONDED if one.responded else DeliveryReason.LEAD_ENDED
        await move(connection, [one], DeliveryState.STOPPED, reason, now, settled_by=by)
        return
    when = {DeliveryState.SENT: {"sent_at": now}, DeliveryState.PLANNED: {"planned_for": now}}
    await move(connection, [one], to, DeliveryReason.SETTLED, now, settled_by=by, **when.get(to, {}))
