"""May this go out, now, and where to? Asked at the moment of sending, whatever was planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.consent_read import Consents, consents_of
from hub.offers.consent import allows
from hub.outbound.deliveries import Delivery
from hub.outbound.reached import Reached, reached_among
from hub.records.outbound import DeliveryReason
from hub.settings.channels import OutboundChannel

Readiness = Mapping[UUID, Reached | DeliveryReason]


async def readiness(
    connection: AsyncConnection, deliveries: Sequence[Delivery], channel: OutboundChannel, now: datetime
) -> Readiness:
    """By delivery: the customer as he is reached, or why it stops. The deliveries must be held."""
    customers = [one.customer_id for one in deliveries if one.customer_id is not None]
    consents = await consents_of(connection, customers)
    reached = await reached_among(connection, customers, now)
    return {one.id: _ready(one, channel, consents, reached, now) for one in deliveries}


def _ready(
    one: Delivery,
    channel: OutboundChannel,
    consents: Mapping[UUID, Consents],
    reached: Mapping[UUID, Reached],
    now: datetime,
) -> Reached | DeliveryReason:
    if one.responded:
        return DeliveryReason.RESPONDED
    if one.ended:
        return DeliveryReason.LEAD_ENDED
    customer = None if one.customer_id is None else reached.get(one.customer_id)
    if customer is None:
        return DeliveryReason.NOT_REACHABLE
    if not allows(consents[customer.customer], channel.consent, channel.contact_channel, now):
        return DeliveryReason.NO_CONSENT
    return customer if customer.by(channel.kind) else DeliveryReason.NOT_REACHABLE
