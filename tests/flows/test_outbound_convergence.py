"""The law: sent by the week or in real time, cut over at any point, with answers lost and the target away, the target
ends with what was wanted last, and no effect comes twice."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from adapters.memory.store import MemoryStore
from hub.errors import Transient
from hub.flows.engine_room import EngineRoom
from hub.flows.run_lane import run_lane
from hub.records.identity import Entity
from hub.records.lanes import FlowCadence, LaneMode
from hub.store.engine import Database
from tests.flows.outbound import (
    WatchedPort,
    commands,
    cut_over,
    declare_outbound,
    ordered_run,
    outbound_room,
    renamed,
    work_off,
)

LANES = {FlowCadence.WEEKLY: LaneMode.AUTHORITATIVE, FlowCadence.REAL_TIME: LaneMode.SHADOW}
OBJECTS = ("1", "2")

Step = tuple[str, str, str]
steps = st.one_of(
    st.tuples(st.just("change"), st.sampled_from(OBJECTS), st.sampled_from("ABCD")),
    st.tuples(st.just("change"), st.sampled_from(OBJECTS), st.sampled_from("ABCD")),
    st.tuples(st.just("cut over"), st.sampled_from(("WEEKLY", "REAL_TIME")), st.just("")),
    st.tuples(
        st.sampled_from(("run", "run that stops", "work", "lose an answer", "be away once")), st.just(""), st.just("")
    ),
)


class Company:
    """The hub, its target, and what was wanted last."""

    def __init__(self, database: Database, store: MemoryStore, room: EngineRoom) -> None:
        self.database, self.store, self.room = database, store, room
        self.wanted = dict.fromkeys(OBJECTS, "A")
        self.cadence = FlowCadence.WEEKLY
        self.runs = 0

    async def do(self, step: Step) -> None:
        match step:
            case ("change", external_id, value):
                if self.wanted[external_id] != value:
                    await renamed(self.database, external_id, self.wanted[external_id], value)
                    self.wanted[external_id] = value
            case ("cut over", cadence, _):
                self.cadence = FlowCadence(cadence)
                await cut_over(self.database, self.cadence)
            case ("run", _, _) if self.cadence is FlowCadence.WEEKLY:
                await self.run(stops=False)
            case ("run that stops", _, _) if self.cadence is FlowCadence.WEEKLY:
                await self.run(stops=True)
            case ("work", _, _):
                await work_off(self.room, rows=2)
            case ("lose an answer", _, _):
                self.store.drop_next_answer()
            case ("be away once", _, _):
                self.store.ask_patience(1)

    async def run(self, stops: bool) -> None:
        self.runs += 1
        with suppress(Transient):
            await run_lane(self.room, await ordered_run(self.database, self.runs), stopping=lambda: stops)

    async def come_to_rest(self) -> None:
        """Runs until nothing waits: what was ordered is worked off, what was collected is sent."""
        for _ in range(6):
            if self.cadence is FlowCadence.WEEKLY:
                await self.run(stops=False)
            await work_off(self.room)


async def company(database: Database) -> tuple[Company, WatchedPort]:
    async with database.transaction() as connection:
        await connection.execute(text("SELECT pristine.reset()"))
    await declare_outbound(database, LANES)
    store = MemoryStore()
    for external_id in OBJECTS:
        store.put(Entity.CUSTOMER, external_id, {"name": "A"})
    port = WatchedPort(store)
    return Company(database, store, outbound_room(database, port, LANES)), port


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(steps, min_size=1, max_size=14))
async def test_any_history_ends_with_what_was_wanted_last_and_no_effect_twice(
    database: Database, history: list[Step]
) -> None:
    hub, port = await company(database)
    for step in history:
        await hub.do(step)
    await hub.come_to_rest()
    held = {external_id: hub.store.objects(Entity.CUSTOMER)[int(external_id)].body["name"] for external_id in OBJECTS}
    assert held == hub.wanted
    assert len(port.effects) == len(set(port.effects))
    assert {row.state for row in await commands(database)} <= {"DONE", "MERGED", "CANCELLED"}
