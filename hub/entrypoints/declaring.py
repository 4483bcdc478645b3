"""Make the database say what hub.yaml says: systems, flows, lanes and their schedules."""

from __future__ import annotations

from collections.abc import Iterable

from hub.clock import utc_now
from hub.entrypoints.installation import Installation
from hub.entrypoints.upkeep import TURNS
from hub.flows.declare import declare_flows, declare_systems
from hub.flows.handlers import START
from hub.records.lanes import LaneMode
from hub.settings.flows import Flow
from hub.store.engine import Database
from hub.work.schedule import NewSchedule, upsert_schedule
from hub.work.tables import Misfire, Overlap, Queue


async def declare(hub: Installation, database: Database) -> None:
    """Safe to repeat and to run from several processes at once; what a migration has changed stays."""
    configuration = hub.configuration
    async with database.transaction() as connection:
        await declare_systems(connection, configuration.systems.values())
        await declare_flows(connection, list(configuration.flows.values()), list(configuration.planned.values()))
        for schedule in (*_schedules(configuration.flows.values()), *(upkeep.schedule for upkeep in TURNS)):
            await upsert_schedule(connection, schedule, utc_now())


def _schedules(flows: Iterable[Flow]) -> Iterable[NewSchedule]:
    """One per inbound lane with a cron; only the authoritative lane's is enabled."""
    for flow in flows:
        for lane in flow.lanes:
            if flow.inbound and lane.cron is not None:
                yield NewSchedule(
                    name=f"lane:{flow.name}:{lane.cadence.value}",
                    kind=START,
                    queue=Queue.SYSTEM,
                    cron=lane.cron,
                    time_zone=lane.time_zone,
                    payload={"flow": flow.name},
                    misfire=Misfire(lane.misfire.value),
                    overlap=Overlap(lane.overlap.value),
                    enabled=lane.mode is LaneMode.AUTHORITATIVE,
                )
