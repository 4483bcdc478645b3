"""Schedules: recurring work as rows that any number of processes may watch (fire.py)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import and_, case, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.records.lanes import MisfirePolicy, OverlapPolicy
from hub.work.rhythm import next_firing
from hub.work.tables import Queue, Schedule


@dataclass(frozen=True)
class NewSchedule:
    """`cron` has five fields, or six with seconds first, and is read in `time_zone`, an IANA name (see rhythm.py)."""

    name: str
    kind: str
    queue: Queue
    cron: str
    time_zone: str
    payload: Mapping[str, object] = field(default_factory=dict)
    misfire: MisfirePolicy = MisfirePolicy.RUN_ONCE
    overlap: OverlapPolicy = OverlapPolicy.SKIP
    enabled: bool = True


async def upsert_schedule(connection: AsyncConnection, new: NewSchedule, now: datetime) -> None:
    """Create or change a schedule by name; a changed rhythm, or enabling it, counts anew from `now`."""
    values = {
        "kind": new.kind,
        "queue": new.queue,
        "payload": dict(new.payload),
        "cron": new.cron,
        "time_zone": new.time_zone,
        "misfire": new.misfire,
        "overlap": new.overlap,
        "enabled": new.enabled,
    }
    statement = insert(Schedule).values(name=new.name, next_run_at=next_firing(new.cron, new.time_zone, now), **values)
    excluded = statement.excluded
    same_rhythm = and_(
        Schedule.cron == excluded.cron, Schedule.time_zone == excluded.time_zone, Schedule.enabled == excluded.enabled
    )
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[Schedule.name],
            set_={
                **values,
                "next_run_at": case((same_rhythm, Schedule.next_run_at), else_=excluded.next_run_at),
            },
        )
    )


async def switch_schedule(connection: AsyncConnection, name: str, now: datetime, *, enabled: bool) -> None:
    """Switch a schedule on, counting from `now`, or off. Does nothing to one that is so already, or is not there."""
    row = (
        await connection.execute(
            select(Schedule.cron, Schedule.time_zone)
            .where(Schedule.name == name, Schedule.enabled != enabled)
            .with_for_update()
        )
    ).one_or_none()
    if row is not None:
        values = {"enabled": enabled, "next_run_at": next_firing(row.cron, row.time_zone, now)}
        await connection.execute(update(Schedule).where(Schedule.name == name).values(**values))
