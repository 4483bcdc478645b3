"""Up to which source time a lane is complete."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.lane import LaneContext, lane_of
from hub.flows.schedules import schedule_name
from hub.records.lanes import FlowCadence

_COMPLETED: Final = """FROM flow_run r JOIN lane l ON l.id = r.lane_id
WHERE r.lane_id = :lane AND r.state = 'COMPLETED' AND (l.twins_since IS NULL OR r.created_at >= l.twins_since)"""
"""Runs of an earlier migration filled twins that are gone."""


async def watermark(connection: AsyncConnection, lane_id: int, now: datetime) -> datetime | None:
    """Everything the source held by then has come by this lane; None before its first complete run.

    A pulled lane is complete up to where its last completed run began to read. A pushed one is complete up to `now`
    less what events may take, or up to the oldest event that still waits; the run that seeded it tells from when on.
    """
    lane = await lane_of(connection, lane_id)
    read: datetime | None = await connection.scalar(text(f"SELECT max(source_since) {_COMPLETED}"), {"lane": lane_id})
    if read is None or not await is_pushed(connection, lane):
        return read
    return max(read, await _pushed_until(connection, lane, now))


async def seeded_at(connection: AsyncConnection, lane_id: int) -> datetime | None:
    """From which source time on the lane has met changes as they came, rather than in its first complete run."""
    first: datetime | None = await connection.scalar(text(f"SELECT min(source_since) {_COMPLETED}"), {"lane": lane_id})
    return first


async def is_pushed(connection: AsyncConnection, lane: LaneContext) -> bool:
    """A real-time lane without a schedule waits for the source to push."""
    polled = await connection.scalar(
        text("SELECT EXISTS (SELECT FROM schedule WHERE name = :name)"),
        {"name": schedule_name(lane.flow, lane.cadence)},
    )
    return lane.cadence is FlowCadence.REAL_TIME and not polled


async def _pushed_until(connection: AsyncConnection, lane: LaneContext, now: datetime) -> datetime:
    """The arrival of the oldest event not yet taken in, or now, less the time an event may be on its way."""
    settle_s: int = await connection.scalar(text("SELECT settle_s FROM lane WHERE id = :lane"), {"lane": lane.lane_id})
    waiting: datetime | None = await connection.scalar(
        text("SELECT min(received_at) FROM inbox_event WHERE system = :system AND state = 'NEW'"),
        {"system": lane.road},
    )
    return (now if waiting is None else waiting) - timedelta(seconds=settle_s)
