"""Segments that the catalogue defines by conditions: who fulfils one is in it, says the system `hub`."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.live.changes import Change
from hub.live.publish import publish
from hub.offers.catalogue import Catalogue
from hub.records.source import JsonObject
from hub.settings.flows import HUB

_LEAVE: Final = text(
    """DELETE FROM customer_segment
       WHERE customer_id = :customer AND system = :hub AND NOT segment = ANY(:segments) RETURNING segment"""
)
_JOIN: Final = text(
    """INSERT INTO customer_segment (customer_id, segment, system, since)
       SELECT :customer, s.segment, :hub, :now FROM unnest(CAST(:segments AS text[])) AS s(segment)
       ON CONFLICT DO NOTHING RETURNING segment"""
)


async def update_segments(
    connection: AsyncConnection, catalogue: Catalogue, customer: UUID, view: JsonObject, now: datetime
) -> bool:
    """Whether any changed; the customer's followers hear of it."""
    if not catalogue.segments:
        return False
    fulfilled = sorted(name for name, condition in catalogue.segments.items() if condition.holds(view))
    given = {"customer": customer, "hub": HUB, "segments": fulfilled}
    left = (await connection.execute(_LEAVE, given)).all()
    joined = (await connection.execute(_JOIN, {**given, "now": now})).all()
    if left or joined:
        await publish(connection, [Change("Customer", str(customer), "CustomerAttributeValueChangeEvent")], now)
    return bool(left or joined)
