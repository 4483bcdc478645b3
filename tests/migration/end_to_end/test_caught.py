"""A candidate that is wrong stops at the gate with its class and an example; a batch that is wrong does not stop it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from adapters.memory.port import MemoryPort
from adapters.memory.store import MemoryStore
from hub.errors import Conflict
from hub.exchange.want import Target, want_update
from hub.ports.writing import FieldChange
from hub.records.identity import ExternalId, FlowName
from hub.records.lanes import FlowCadence, LaneMode
from hub.records.migration import MigrationState
from hub.records.source import SourceObject
from hub.settings.flows import HUB, Flow, Lane
from hub.settings.migrations import MigrationRules
from hub.store.engine import Database
from tests.flows.engine import CRM, MAPPING
from tests.flows.roads import CUSTOMER, EXPORT, FAST, ExportPort, Lie, LyingPort
from tests.flows.test_run_lane import body, filled
from tests.migration.end_to_end.timed_hub import Ports, TimedHub

pytestmark = pytest.mark.slow

S = MigrationState
WEEKLY, DAILY, REAL_TIME = FlowCadence.WEEKLY, FlowCadence.DAILY, FlowCadence.REAL_TIME
RULES = MigrationRules(clean_windows=2)
MAPPINGS = {CUSTOMER: MAPPING}
DAY = timedelta(days=1)


def honest(one: SourceObject) -> Sequence[SourceObject]:
    return [one]


@dataclass
class Firm:
    """The hub, its source, and the folder in which the weekly file is left."""

    hub: TimedHub
    store: MemoryStore
    export: ExportPort

    def rename(self, *numbers: int, to: str = "Changed") -> None:
        """At the source, now."""
        for number in numbers:
            self.store.put(CUSTOMER, str(number), body(f"{to} {number}", f"c{number}@example.com"))

    async def window(self, told: Lie = honest) -> None:
        """A night's pull, the weekly file, and the pull that passes it."""
        for cadence in (DAILY, WEEKLY, DAILY):
            self.store.advance(DAY)
            if cadence is WEEKLY:
                self.export.deliver(timedelta(minutes=10), told)
            await self.hub.run(cadence)

    async def stopped(self, *shown: str) -> None:
        """The migration stands before the gate of unexplained differences, which shows these examples."""
        assert await self.hub.state() is S.SHADOW
        gate = (await self.hub.closed_gates())["unexplained"]
        assert gate.examples == shown
        with pytest.raises(Conflict, match="this needs it to be GATED"):
            await self.hub.approve()
        with pytest.raises(Conflict, match="this needs it to be APPROVED"):
            await self.hub.cut_over()
        assert (await self.hub.modes())["WEEKLY"] == "AUTHORITATIVE"


async def weekly_to_daily(database: Database, customers: int, lie: Lie = honest) -> Firm:
    """A daily candidate beside the weekly file; from now on its API lies as told."""
    store = filled(customers)
    lies: list[Lie] = [honest]
    export = ExportPort(store)
    lanes = (
        Lane(cadence=WEEKLY, mode=LaneMode.AUTHORITATIVE, via=EXPORT),
        Lane(cadence=DAILY, mode=LaneMode.STANDBY, via=FAST, sweep=True),
    )
    flow = Flow(FlowName("customers"), 2, "Customers", CUSTOMER, CRM, HUB, lanes, (), RULES)
    ports: Ports = {
        CRM: lambda: MemoryPort(CRM, store),
        EXPORT: lambda: export,
        FAST: lambda: LyingPort(store, lambda one: lies[-1](one)),
    }

    async def wait(by: timedelta) -> None:
        store.advance(by)

    hub = TimedHub(database, ports, [flow], MAPPINGS, lambda: store.clock, wait)
    await hub.declare()
    export.deliver()
    await hub.run(WEEKLY)
    store.advance(DAY)
    await hub.plan(DAILY)
    assert await hub.state() is S.SHADOW
    store.advance(DAY)
    lies.append(lie)
    return Firm(hub, store, export)


async def test_one_dropped_change_in_fifty_stops_at_the_gate(database: Database) -> None:
    firm = await weekly_to_daily(database, 100, lambda one: [] if int(one.external_id) % 50 == 0 else [one])
    firm.rename(*range(1, 101))
    await firm.window()
    assert await firm.hub.counts() == [(1, "STALE", "CANDIDATE_WRONG", 2)]
    await firm.stopped("100 STALE CANDIDATE_WRONG name", "50 STALE CANDIDATE_WRONG name")


async def test_an_old_version_delivered_last_stops_at_the_gate(database: Database) -> None:
    told = set[str]()

    def again(one: SourceObject) -> Sequence[SourceObject]:
        if one.external_id == "10" and one.external_id in told:
            later = one.as_of + timedelta(minutes=1)
            return [replace(one, body=body("Customer 10", "c10@example.com"), as_of=later, stamp=later)]
        told.add(one.external_id)
        return [one]

    firm = await weekly_to_daily(database, 20, again)
    firm.rename(9, 10)
    await firm.window()
    assert await firm.hub.counts() == [(1, "ORDER", "CANDIDATE_WRONG", 1)]
    await firm.stopped("10 ORDER CANDIDATE_WRONG name")


async def test_a_missed_delete_stops_at_the_gate(database: Database) -> None:
    firm = await weekly_to_daily(database, 20)
    firm.store.remove(CUSTOMER, "5")
    await firm.window()
    assert await firm.hub.counts() == [(1, "LATE", None, 1)]
    await firm.window()
    assert await firm.hub.counts() == [(1, "LATE", None, 1), (2, "DELETE", "CANDIDATE_WRONG", 1)]
    await firm.stopped("5 DELETE CANDIDATE_WRONG")


async def test_a_wrong_batch_is_named_by_the_referee_and_stops_nobody(database: Database) -> None:
    firm = await weekly_to_daily(database, 30)

    def outdated(one: SourceObject) -> Sequence[SourceObject]:
        return [replace(one, body=body("Customer 8", "c8@example.com"))] if one.external_id == "8" else [one]

    for number in (1, 2):
        firm.rename(8, to=f"Week {number}")
        await firm.window(outdated)
    assert await firm.hub.counts() == [(1, "STALE", "INCUMBENT_WRONG", 1), (2, "STALE", "INCUMBENT_WRONG", 1)]
    assert await firm.hub.state() is S.GATED
    await firm.hub.approve()
    await firm.hub.cut_over()
    await firm.hub.work_off()
    assert "Week 2 8" in [row[1] for row in await firm.hub.golden()]


async def test_a_doubled_command_stops_at_the_gate(database: Database) -> None:
    store = filled(3)
    lanes = (
        Lane(cadence=WEEKLY, mode=LaneMode.AUTHORITATIVE, cron="0 6 * * 1"),
        Lane(cadence=REAL_TIME, mode=LaneMode.STANDBY),
    )
    flow = Flow(FlowName("corrections"), 8, "Corrections", CUSTOMER, HUB, CRM, lanes, (), RULES)

    async def wait(by: timedelta) -> None:
        store.advance(by)

    hub = TimedHub(database, {CRM: lambda: MemoryPort(CRM, store)}, [flow], MAPPINGS, lambda: store.clock, wait)
    await hub.declare()
    await hub.plan(REAL_TIME)
    async with database.transaction() as connection:
        for statement in _DOUBLING:
            await connection.execute(text(statement))
    store.advance(timedelta(hours=1))
    for number in ("2", "3"):
        target = Target(CRM, CUSTOMER, ExternalId(number), f"customer-{number}")
        async with database.transaction() as connection:
            change = FieldChange(("name",), f"Customer {number}", "Corrected")
            await want_update(connection, target, [change], store.clock)
    store.advance(DAY)
    await hub.run(WEEKLY)
    assert await hub.counts() == [(1, "DOUBLED", None, 1)]
    await Firm(hub, store, ExportPort(store)).stopped("2 DOUBLED name")


_DOUBLING = (
    """CREATE FUNCTION pg_temp.noted_twice() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         INSERT INTO shadow_command (lane_id, key, target, entity, operation, object_id, external_id, line, changes,
           from_version, version, wanted_from, at, left_at)
         VALUES (NEW.lane_id, NEW.key || '/again', NEW.target, NEW.entity, NEW.operation, NEW.object_id,
           NEW.external_id, NEW.line, NEW.changes, NEW.from_version, NEW.version, NEW.wanted_from, NEW.at, NEW.left_at);
         RETURN NEW;
       END $$""",
    """CREATE TRIGGER noted_twice AFTER INSERT ON shadow_command FOR EACH ROW
       WHEN (NEW.object_id = '2' AND NEW.key NOT LIKE '%/again') EXECUTE FUNCTION pg_temp.noted_twice()""",
)
"""The candidate that would send a command twice. It sends nothing while it is compared, so its port cannot do it: the
hub's own note of what it would send is doubled behind its back."""
