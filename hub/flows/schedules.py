"""The schedules of lanes: which there are, and which of them are on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.exchange.authority import HOLD_FLOW
from hub.records.identity import FlowName
from hub.records.lanes import RUNNING_MODES, FlowCadence
from hub.settings.flows import Flow
from hub.work.schedule import NewSchedule, switch_schedule, upsert_schedule
from hub.work.tables import Queue

START: Final = "flow.start"
"""Kind of what a lane's schedule dispatches; payload {"flow", "cadence", "scheduled_for": ISO time}."""


def schedule_name(flow: str, cadence: FlowCadence) -> str:
    """The schedule of a lane."""
    return f"lane:{flow}:{cadence.value}"


async def declare_schedules(connection: AsyncConnection, flows: Iterable[Flow], now: datetime) -> None:
    """One per lane with a cron, on when the lane's row says that it runs; declare the lanes first.

    An outbound real-time lane has no runs. Not hub.yaml but the row tells the mode: a migration may have changed it
    since the file was written.
    """
    running = await _running(connection)
    for flow in flows:
        for lane in flow.lanes:
            if lane.cron is not None and (flow.inbound or lane.cadence is not FlowCadence.REAL_TIME):
                schedule = NewSchedule(
                    name=schedule_name(flow.name, lane.cadence),
                    kind=START,
                    queue=Queue.SYSTEM,
                    cron=lane.cron,
                    time_zone=lane.time_zone,
                    payload={"flow": flow.name, "cadence": lane.cadence.value},
                    misfire=lane.misfire,
                    overlap=lane.overlap,
                    enabled=running[flow.name, lane.cadence],
                )
                await upsert_schedule(connection, schedule, now)


async def enable_schedules(connection: AsyncConnection, flow: FlowName, now: datetime) -> None:
    """Let the schedules follow the modes of the flow's lanes, in the transaction that changes the modes."""
    for (name, cadence), runs in (await _running(connection)).items():
        if name == flow:
            await switch_schedule(connection, schedule_name(name, cadence), now, enabled=runs)


async def runs(connection: AsyncConnection, flow: FlowName, cadence: FlowCadence) -> bool:
    """Whether the flow has this lane and its mode lets it run; holds the flow, so that no cut-over changes that.

    A lane that was found running and has come to rest when its run is started would be a mistake of nobody's.
    """
    await connection.execute(text(HOLD_FLOW), {"flow": flow})
    return (await _running(connection)).get((flow, cadence), False)


async def _running(connection: AsyncConnection) -> Mapping[tuple[str, FlowCadence], bool]:
    rows = await connection.execute(text("SELECT flow, cadence, mode FROM lane"))
    return {(row.flow, FlowCadence(row.cadence)): row.mode in RUNNING_MODES for row in rows}
