"""What leaves moves too: corrections that went once a day in a batch go one by one, each effect once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from adapters.memory.port import MemoryPort
from adapters.memory.store import MemoryStore
from hub.exchange.want import Target, want_update
from hub.flows.systems import OpenSystems
from hub.migration.roll_back import roll_back
from hub.migration.undo import undo_list
from hub.ports.writing import FieldChange, WriteCommand, WriteOutcome
from hub.records.identity import Entity, ExternalId
from hub.records.lanes import LaneMode
from hub.records.migration import MigrationState
from hub.settings.flows import HUB, Flow, Lane
from hub.settings.migrations import MigrationRules
from hub.store.engine import Database
from tests.migration.steering import CRM, DAILY, FLOW, REAL_TIME, Steered, body

S = MigrationState


class Sending(Steered):
    """The same flow the other way round."""

    def flow(self) -> Flow:
        lanes = (
            Lane(cadence=DAILY, mode=LaneMode.AUTHORITATIVE, cron="0 3 * * *"),
            Lane(cadence=REAL_TIME, mode=LaneMode.STANDBY),
        )
        return Flow(FLOW, 8, "Corrections", Entity.CUSTOMER, HUB, CRM, lanes, (), self.rules)

    async def rename(self, external_id: str, old: str, new: str) -> None:
        """A customer is to be called otherwise at the CRM."""
        self.pass_time(timedelta(minutes=1))
        target = Target(CRM, Entity.CUSTOMER, ExternalId(external_id), f"customer-{external_id}")
        async with self.database.transaction() as connection:
            await want_update(connection, target, [FieldChange(("name",), old, new)], self.now)

    async def window(self) -> None:
        """The batch leaves, and is compared at once: real time was told of each change as it came."""
        await self.run(DAILY)

    def name(self, external_id: str) -> object:
        """What the CRM calls him."""
        return self.store.objects(Entity.CUSTOMER)[int(external_id)].body["name"]


async def sending(database: Database) -> Sending:
    store = MemoryStore()
    store.clock = Steered.now
    for number in (1, 2):
        store.put(Entity.CUSTOMER, str(number), body(f"Customer {number}"))
    hub = Sending(database, store, rules=MigrationRules(clean_windows=1, clean_audits=1))
    await hub.declare()
    return hub


async def test_corrections_move_from_a_daily_batch_to_real_time(database: Database) -> None:
    hub = await sending(database)
    await hub.until(S.SHADOW)
    await hub.rename("1", "Customer 1", "Anna")
    await hub.rename("1", "Anna", "Anne")
    assert hub.name("1") == "Customer 1"
    await hub.window()
    assert (hub.name("1"), await hub.state()) == ("Anne", S.GATED)
    await hub.rename("2", "Customer 2", "Ben")
    await hub.approve()
    await hub.cut_over()
    await hub.work_off()
    # What the batch had collected left at once: nothing waits for a lane that sends no more.
    assert (hub.name("2"), await hub.state()) == ("Ben", S.OBSERVING)
    await hub.rename("1", "Anne", "Annette")
    await hub.work_off()
    assert hub.name("1") == "Annette"
    await hub.window()
    assert await hub.state() is S.COMPLETED
    windows = await hub.rows("SELECT audit, compared, unexplained FROM parity_run ORDER BY number")
    assert windows == [(False, 1, 0), (True, 1, 0)]


async def test_a_batch_that_a_cut_over_finds_under_way_is_compared_as_the_first_audit(database: Database) -> None:
    hub = await sending(database)
    await hub.until(S.SHADOW)
    await hub.rename("1", "Customer 1", "Anna")
    await hub.window()
    await hub.rename("2", "Customer 2", "Ben")
    await hub.approve()

    class Office(MemoryPort):
        """Authority moves while it answers."""

        async def write(self, commands: Sequence[WriteCommand]) -> Sequence[WriteOutcome]:
            hub.pass_time(timedelta(seconds=5))
            await hub.cut_over()
            hub.pass_time(timedelta(seconds=5))
            return await super().write(commands)

    systems = OpenSystems({CRM: lambda: Office(CRM, hub.store)})
    hub.engine = replace(hub.engine, systems=systems)
    hub.room = replace(hub.room, engine=hub.engine)
    await hub.window()
    assert (hub.name("2"), await hub.state()) == ("Ben", S.COMPLETED)
    windows = await hub.rows("SELECT audit, compared, unexplained FROM parity_run ORDER BY number")
    assert windows == [(False, 1, 0), (True, 1, 0)]


async def test_a_rollback_lists_the_commands_that_left_and_collects_again(database: Database) -> None:
    hub = await sending(database)
    await hub.until(S.GATED)
    await hub.approve()
    await hub.cut_over()
    await hub.work_off()
    await hub.rename("1", "Customer 1", "Anna")
    await hub.work_off()
    async with database.transaction() as connection:
        await roll_back(connection, hub.desk, FLOW, "ben", "too early", hub.now)
    await hub.work_off()
    assert (await hub.state(), await hub.modes()) == (
        S.ROLLED_BACK,
        {"DAILY": "AUTHORITATIVE", "REAL_TIME": "STANDBY"},
    )
    async with database.reading() as connection:
        (item,) = await undo_list(connection, await hub.migration())
    assert (item.kind.value, item.external_id, item.fields, item.state) == ("COMMAND", "1", ("name",), "DONE")
    await hub.rename("2", "Customer 2", "Ben")
    await hub.work_off()
    assert hub.name("2") == "Customer 2"
    await hub.run(DAILY)
    assert hub.name("2") == "Ben"


async def test_what_leaves_after_the_rollback_is_in_the_undo_list_before_and_after(database: Database) -> None:
    hub = await sending(database)
    await hub.until(S.OBSERVING)
    await hub.rename("1", "Customer 1", "Anna")
    async with database.transaction() as connection:
        await roll_back(connection, hub.desk, FLOW, "ben", "the target is down", hub.now)
    told = await hub.rows("SELECT body -> 'undo' FROM migration_evidence WHERE kind = 'ROLLING_BACK'")
    assert told == [({"COMMAND": 1},)]
    states = []
    for _ in range(2):
        async with database.reading() as connection:
            (item,) = await undo_list(connection, await hub.migration())
        states.append((item.external_id, item.state))
        hub.pass_time(timedelta(minutes=5))
        await hub.work_off()
    assert (states, hub.name("1")) == ([("1", "PENDING"), ("1", "DONE")], "Anna")
