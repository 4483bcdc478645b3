"""Make the database say what hub.yaml says: systems, flows, lanes and their schedules."""

from __future__ import annotations

from hub.entrypoints.installation import Installation
from hub.flows.declare import declare_flows, declare_systems
from hub.store.engine import Database


async def declare(hub: Installation, database: Database) -> None:
    """Safe to repeat and to run from several processes at once; what a migration has changed stays."""
    configuration = hub.configuration
    async with database.transaction() as connection:
        await declare_systems(connection, configuration.systems.values())
        await declare_flows(connection, list(configuration.flows.values()), list(configuration.planned.values()))
