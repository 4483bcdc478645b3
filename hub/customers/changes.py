"""What the change feed is told of golden customers."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from hub.customers.recognise import Recognised
from hub.live.changes import Change


def changes_of(recognised: Recognised) -> list[Change]:
    """One change per customer whose values or records changed; one that was merged away is told under its own id."""
    projection = recognised.projection
    told = in_order(recognised, {*projection.changed, *recognised.moved.values()})
    return [Change("Customer", str(i), _event(recognised, i)) for i in told]


def _event(recognised: Recognised, customer_id: UUID) -> str:
    if customer_id in recognised.projection.ended:
        return "CustomerDeleteEvent"
    if customer_id in recognised.projection.created:
        return "CustomerCreateEvent"
    return "CustomerAttributeValueChangeEvent"


def in_order(recognised: Recognised, met: Collection[UUID]) -> list[UUID]:
    """Those who were made or stand for themselves again, those of `met`, those who lost records, those merged away.

    Who follows an id hears it on the customer that it stood for and looks from there on at the one that it stands for:
    that one comes first, so that he hears of it once.
    """
    projection = recognised.projection
    lost = set(recognised.former.values()) - projection.ended
    first = set(projection.created)
    return [*sorted(first), *sorted({*met} - first - lost - projection.ended), *sorted(lost), *sorted(projection.ended)]
