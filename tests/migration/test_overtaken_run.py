"""A run of the old lane that a cut-over meets at its very end: nobody could compare it as what it was."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.memory.port import MemoryPort
from hub.flows.systems import OpenSystems
from hub.records.identity import Entity
from hub.records.migration import MigrationState
from hub.records.source import JsonObject
from hub.store.engine import Database
from tests.migration.steering import CRM, DAILY, REAL_TIME, steered

pytestmark = pytest.mark.slow


class Overtaken(Database):
    """The store, where a step is taken just before the next transaction but one once it is given."""

    step: Callable[[], Awaitable[None]] | None = None
    passing = 1

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        step = self.step
        if step is not None and self.passing == 0:
            self.step = None
            await step()
        elif step is not None:
            self.passing -= 1
        async with super().transaction() as connection:
            yield connection


async def test_a_run_that_a_cut_over_finds_behind_its_last_page_runs_again_as_auditor(database: Database) -> None:
    hub = await steered(database)
    await hub.until(MigrationState.APPROVED)
    hub.pass_time(timedelta(minutes=1))
    run = await hub.queue(DAILY)
    between = Overtaken(database.engine)

    async def cut_over_behind_the_last_page() -> None:
        assert await hub.rows("SELECT run_id FROM lane_cursor WHERE lane_id = 1") == [(None,)]
        assert await hub.rows(f"SELECT state FROM flow_run WHERE id = '{run}'") == [("RUNNING",)]
        await hub.cut_over()
        hub.pass_time(timedelta(minutes=1))

    class Source(MemoryPort):
        async def finished(self, entity: Entity, cursor: JsonObject) -> None:
            if between.passing:
                between.step = cut_over_behind_the_last_page

    systems = OpenSystems({CRM: lambda: Source(CRM, hub.store)})
    hub.engine = replace(hub.engine, database=between, systems=systems)
    hub.room = replace(hub.room, engine=hub.engine)
    await hub.work_off()
    assert await hub.rows(f"SELECT state, error_code FROM flow_run WHERE id = '{run}'") == [("FAILED", "STALE_EPOCH")]
    await hub.run(REAL_TIME)
    audited = await hub.rows(
        """SELECT p.audit, p.compared_at IS NOT NULL, r.epoch
           FROM parity_run p JOIN flow_run r ON r.id = p.incumbent_run
           WHERE r.created_at >= (SELECT max(cut_over_at) FROM cadence_migration)"""
    )
    assert audited == [(True, True, 2)]
