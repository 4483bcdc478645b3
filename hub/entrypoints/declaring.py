"""Make the database say what hub.yaml says: systems, flows, lanes and their schedules."""

from __future__ import annotations

from typing import Final

from hub.clock import utc_now
from hub.entrypoints.installation import Installation
from hub.entrypoints.learning import declare_learning
from hub.entrypoints.upkeep import UPKEEP
from hub.errors import Transient
from hub.flows.declare import declare_flows, declare_systems
from hub.flows.schedules import declare_schedules
from hub.store.engine import Database
from hub.work.schedule import upsert_schedule

ATTEMPTS: Final = 3
"""A flow that was changed waits for its pages in hand; after so many times somebody is to look what holds one."""


async def declare(hub: Installation, database: Database) -> None:
    """Safe to repeat and to run from several processes at once; what a migration has changed stays.

    Transient when a page in hand keeps a flow that was changed in the file from being declared, each time.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            await _declare(hub, database)
        except Transient:
            if attempt == ATTEMPTS:
                raise
        else:
            return


async def _declare(hub: Installation, database: Database) -> None:
    configuration = hub.configuration
    async with database.transaction() as connection:
        await declare_systems(connection, configuration.systems.values())
        await declare_flows(connection, list(configuration.flows.values()), list(configuration.planned.values()))
        await declare_schedules(connection, configuration.flows.values(), utc_now())
        for upkeep in UPKEEP:
            await upsert_schedule(connection, upkeep.schedule, utc_now())
        await declare_learning(connection, configuration.recognition, utc_now)
