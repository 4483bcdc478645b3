"""How much more a channel takes at this moment, counted by what it took and not by what was planned."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.outbound.opening import day_began, open_at
from hub.settings.channels import OutboundChannel

UNBOUNDED: Final = 1_000_000

_TAKEN = text(
    """SELECT count(*) FILTER (WHERE taken_at >= :hour) AS in_hour, count(*) AS in_day FROM lead_delivery
       WHERE channel = :channel AND taken_at IS NOT NULL AND taken_at >= :day"""
)


async def room_now(connection: AsyncConnection, name: str, channel: OutboundChannel, now: datetime) -> int | None:
    """How many more may leave in this hour and day; None while the channel is closed.

    Holds the channel until the transaction ends: two who count at once would each find the same room.
    """
    slot = open_at(channel.opening, now)
    if slot is None:
        return None
    await hold_channel(connection, name)
    return await _left(connection, name, channel, slot.hour, now)


async def room_today(connection: AsyncConnection, name: str, channel: OutboundChannel, now: datetime) -> int:
    """How many more may leave today; for a print run, which leaves at once, hours mean nothing."""
    await hold_channel(connection, name)
    per_day = channel.model_copy(update={"capacity": channel.capacity.model_copy(update={"per_hour": None})})
    return await _left(connection, name, per_day, now, now)


async def hold_channel(connection: AsyncConnection, name: str) -> None:
    """Nobody else takes from it until the transaction ends."""
    await connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"outbound/{name}"}
    )


async def _left(connection: AsyncConnection, name: str, channel: OutboundChannel, hour: datetime, now: datetime) -> int:
    capacity = channel.capacity
    if capacity.per_hour is None and capacity.per_day is None:
        return UNBOUNDED
    day = min(day_began(channel.opening, now), hour)
    taken = (await connection.execute(_TAKEN, {"channel": name, "hour": hour, "day": day})).one()
    left = [UNBOUNDED]
    if capacity.per_hour is not None:
        left.append(capacity.per_hour - taken.in_hour)
    if capacity.per_day is not None:
        left.append(capacity.per_day - taken.in_day)
    return max(0, min(left))
