"""A print channel always has one open run; at its hour it is given to a worker, and the next one opens."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.outbound.capacity import hold_channel
from hub.outbound.room import channels_of_kind
from hub.outbound.tables import PrintRun
from hub.records.outbound import ChannelKind, PrintRunState
from hub.settings.channels import PrintOptions
from hub.settings.find_channels import Outbound
from hub.work.dispatch import dispatch
from hub.work.rhythm import next_firing
from hub.work.tables import Queue
from hub.work.work import NewWork

PRINT: Final = "outbound.print"


async def close_due_runs(connection: AsyncConnection, outbound: Outbound, now: datetime, _: int) -> int:
    """How many runs were given out. A run that was not closed at its hour takes in what is due when it is."""
    given = 0
    for name, channel in channels_of_kind(outbound, ChannelKind.PRINT):
        if channel.print_street is None:
            continue
        await hold_channel(connection, name)
        given += await _close_due(connection, name, channel.print_street, now)
    return given


async def _close_due(connection: AsyncConnection, name: str, options: PrintOptions, now: datetime) -> int:
    upcoming = next_firing(options.cron, options.time_zone, now)
    rows = await connection.execute(
        text("SELECT id, closes_at FROM print_run WHERE channel = :channel AND state = :open ORDER BY closes_at"),
        {"channel": name, "open": PrintRunState.OPEN.value},
    )
    runs = rows.all()
    for run in runs:
        if run.closes_at <= now:
            await dispatch(connection, [_work(name, run.id)], now)
        elif run.closes_at != upcoming:
            # Its hour was changed in hub.yaml.
            moved = text("UPDATE print_run SET closes_at = :at WHERE id = :id")
            await connection.execute(moved, {"id": run.id, "at": upcoming})
    if all(run.closes_at <= now for run in runs):
        values = {"id": uuid4(), "channel": name, "closes_at": upcoming, "state": PrintRunState.OPEN}
        await connection.execute(insert(PrintRun).values(**values))
    return sum(run.closes_at <= now for run in runs)


def _work(channel: str, run: UUID) -> NewWork:
    return NewWork(
        kind=PRINT,
        queue=Queue.HOURLY,
        line=f"outbound/{channel}",
        payload={"run": str(run)},
        dedupe_key=f"outbound/print/{run}",
    )
