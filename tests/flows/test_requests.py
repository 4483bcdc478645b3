"""Requests on the wire are what the budget counts, where an adapter tells of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from adapters.memory.port import MemoryPort
from adapters.memory.store import MemoryStore
from adapters.rest.options import BearerToken, EntityPaths, RestOptions
from adapters.rest.port import RestPort
from hub.errors import Suspended, Throttled
from hub.flows.gate import Gate
from hub.flows.metered import MeteredPort
from hub.ports.limits import CallLimits
from hub.ports.system import SystemPort
from hub.ports.writing import Operation, WriteCommand, WriteOutcome, Written
from hub.records.identity import Entity, ExternalId, SystemName
from hub.records.source import SourceObject
from hub.settings.systems import Limits
from hub.store.engine import Database
from hub.work.urgency import Urgency, under_urgency
from tests.adapters.rest.serving import TOKEN, serving_apis
from tests.faults.source import Source
from tests.work.bench import Time

CRM, CUSTOMER = SystemName("crm"), Entity.CUSTOMER


class Wordy(MemoryPort):
    """The fake package as one that is asked for each object, and that a write costs three requests."""

    def __init__(self, store: MemoryStore, before_request: Callable[[], Awaitable[None]]) -> None:
        super().__init__(CRM, store)
        self._before_request = before_request
        self.requests = 0

    async def request(self) -> None:
        await self._before_request()
        self.requests += 1

    async def now(self) -> object:  # type: ignore[override]  # answers from memory, as an adapter may that knows the time
        return self._store.clock

    async def read(self, entity: Entity, ids: Sequence[ExternalId]) -> Sequence[SourceObject]:
        for _ in ids:
            await self.request()
        return await super().read(entity, ids)

    async def write(self, commands: Sequence[WriteCommand]) -> Sequence[WriteOutcome]:
        for _ in range(3):
            await self.request()
        return await super().write(commands)


@dataclass
class Side:
    """One process's port to a package that takes ten requests a minute; time passes only while the gate waits."""

    database: Database
    store: MemoryStore
    time: Time
    paused_s: list[float]
    gate: Gate
    wordy: Wordy
    port: SystemPort

    async def spent(self) -> int:
        async with self.database.reading() as connection:
            spent: int = await connection.scalar(text("SELECT spent_realtime + spent_bulk FROM system_budget"))
            return spent

    async def read(self, count: int) -> None:
        await self.port.read(CUSTOMER, [ExternalId("1")] * count)


@pytest.fixture
async def side(database: Database) -> Side:
    async with database.transaction() as connection:
        await connection.execute(
            text("INSERT INTO connected_system (name, adapter, roles) VALUES ('crm', 'memory', '{CRM}')")
        )
    store, time, paused = MemoryStore(), Time(), list[float]()
    store.put(CUSTOMER, "1", {"name": "Anna"})

    async def pause(seconds: float) -> None:
        paused.append(seconds)
        time.pass_by(seconds=seconds)

    gate = Gate(CRM, Limits(requests_per_minute=10, suspend_after=2), database, time, pause=pause)
    wordy = Wordy(store, gate.request)
    return Side(database, store, time, paused, gate, wordy, MeteredPort(wordy, gate))


async def test_a_call_pays_for_each_of_its_requests(side: Side) -> None:
    await side.read(4)
    await side.read(3)
    assert (side.wordy.requests, await side.spent(), side.paused_s) == (7, 7, [])


async def test_a_call_of_more_requests_than_a_window_has_goes_on_in_the_next_ones(side: Side) -> None:
    with under_urgency(Urgency.BULK):
        await side.read(20)
    assert (side.wordy.requests, side.paused_s) == (20, [60.25, 60.25])
    assert await side.spent() == 4


async def test_real_time_work_waits_midway_for_one_window_and_no_longer(side: Side) -> None:
    with pytest.raises(Throttled):
        await side.read(25)
    assert (side.wordy.requests, side.paused_s) == (20, [60])


async def test_a_call_that_made_no_request_gives_its_own_back(side: Side) -> None:
    await side.read(1)
    for _ in range(30):
        await side.port.now()
    await side.read(9)
    assert (side.wordy.requests, side.paused_s) == (10, [])


async def test_a_write_that_has_begun_is_not_held_up_and_is_paid_all_the_same(side: Side) -> None:
    await side.read(9)
    (outcome,) = await side.port.write([WriteCommand("k", CUSTOMER, Operation.CREATE, None)])
    assert isinstance(outcome, Written)
    assert (side.wordy.requests, await side.spent(), side.paused_s) == (12, 12, [])
    with pytest.raises(Throttled):
        await side.read(1)


async def test_a_call_stops_between_two_requests_once_the_breaker_is_open(side: Side) -> None:
    class Failing(Wordy):
        async def read(self, entity: Entity, ids: Sequence[ExternalId]) -> Sequence[SourceObject]:
            await self.request()
            async with side.database.transaction() as connection:
                await connection.execute(
                    text("INSERT INTO system_breaker (system, state, failures) VALUES ('crm', 'OPEN', 2)")
                )
            await self.request()
            raise AssertionError("the breaker is open")

    with pytest.raises(Suspended):
        await MeteredPort(Failing(side.store, side.gate.request), side.gate).read(CUSTOMER, [ExternalId("1")])


async def test_a_look_at_a_system_is_not_counted(side: Side) -> None:
    await side.wordy.request()
    await side.read(1)
    assert (side.wordy.requests, await side.spent()) == (2, 1)


async def test_what_the_adapter_for_json_apis_asks_is_what_is_spent(side: Side, tmp_path: Path) -> None:
    source = Source(tmp_path / "shop")
    for number in (1, 2, 3):
        source.apply("INSERT INTO customer VALUES (?, ?, NULL, NULL, 'Delft', '2026-01-05')", (number, f"C{number}"))
    paths = EntityPaths(list="/customers", records="customers", one="/customers/{id}", stamp="changed_at")
    token = BearerToken(kind="bearer", token=SecretStr(TOKEN))
    async with serving_apis() as apis:
        with apis.serving(source.file) as path:
            options = RestOptions.model_validate({"url": f"{apis.url}{path}", "entities": {CUSTOMER: paths}})
            limits = CallLimits(before_request=side.gate.request)
            rest = RestPort(CRM, options.model_copy(update={"auth": token}), limits)
            found = await MeteredPort(rest, side.gate).read(CUSTOMER, [ExternalId(str(n)) for n in (1, 2, 3)])
            await rest.aclose()
    # Each object costs two: the time before it, since the answer's own comes too late, and the object.
    assert (len(found), await side.spent()) == (3, 6)
