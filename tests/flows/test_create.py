"""A new object at the target: made once, found again by its key, or left for a person; never sent twice."""

from __future__ import annotations

import pytest

from adapters.memory.store import MemoryStore
from hub.errors import Transient
from hub.exchange.order import SEND
from hub.exchange.want import NewObject, want_create
from hub.flows.run_lane import run_lane
from hub.flows.send import LOOKS_MAX, send_command
from hub.records.customer import ContactMediumRecord, CustomerRecord
from hub.records.enums import MediumKind
from hub.records.identity import Entity
from hub.records.lanes import FlowCadence, LaneMode
from hub.store.engine import Database
from hub.work.dead_letters import dead_letters
from hub.work.decisions import Decision, Done, RetryAt, Unknown
from hub.work.tables import WorkState
from tests.flows.building import at
from tests.flows.outbound import WatchedPort, commands, declare_outbound, ordered_run, outbound_room, work_off

KEY = "lead/6d9f"
SANNE = CustomerRecord(
    name="Sanne", contact_media=(ContactMediumRecord(external_id="1", kind=MediumKind.EMAIL, value="s@example.com"),)
)
REAL_TIME = {FlowCadence.REAL_TIME: LaneMode.AUTHORITATIVE}
WEEKLY = {FlowCadence.WEEKLY: LaneMode.AUTHORITATIVE}


async def wanted(database: Database, key: str = KEY) -> object:
    async with database.transaction() as connection:
        return await want_create(connection, NewObject("crm", Entity.CUSTOMER, key, key), SANNE, at(0))


async def test_a_new_object_is_made_with_its_key_and_its_id_is_kept(database: Database) -> None:
    await declare_outbound(database, REAL_TIME)
    store = MemoryStore()
    room = outbound_room(database, WatchedPort(store), REAL_TIME)
    await wanted(database)
    await work_off(room)
    ((number, made),) = store.objects(Entity.CUSTOMER).items()
    assert (made.key, made.body["name"], list(made.children("contact_media"))) == (KEY, "Sanne", ["1"])
    assert [(row.state, row.external_id) for row in await commands(database)] == [("DONE", str(number))]


async def test_the_same_key_wants_it_once(database: Database) -> None:
    await declare_outbound(database, REAL_TIME)
    store = MemoryStore()
    room = outbound_room(database, WatchedPort(store), REAL_TIME)
    first = await wanted(database)
    assert await wanted(database) == first
    await work_off(room)
    assert await wanted(database) == first
    await work_off(room)
    assert len(store.objects(Entity.CUSTOMER)) == 1


async def test_a_create_whose_answer_was_lost_is_found_and_not_sent_again(database: Database) -> None:
    await declare_outbound(database, REAL_TIME)
    store = MemoryStore()
    port = WatchedPort(store)
    room = outbound_room(database, port, REAL_TIME)
    await wanted(database)
    store.drop_next_answer()
    await work_off(room)
    assert (port.batches, len(store.objects(Entity.CUSTOMER))) == ([1], 1)
    assert [(row.state, row.external_id) for row in await commands(database)] == [("DONE", "1")]


async def attempts(database: Database, port: WatchedPort, times: int) -> list[Decision]:
    room = outbound_room(database, port, REAL_TIME)
    (command,) = await commands(database)
    return [await send_command(room, command.id) for _ in range(times)]


async def test_without_a_key_at_the_target_it_waits_for_a_person(database: Database) -> None:
    await declare_outbound(database, REAL_TIME)
    store = MemoryStore()
    port = WatchedPort(store, hub_key=False)
    await wanted(database)
    store.drop_next_answer()
    decisions = await attempts(database, port, 3)
    assert [type(decision) for decision in decisions] == [Unknown] * 3
    assert (port.batches, [row.state for row in await commands(database)]) == ([1], ["UNKNOWN"])


async def test_one_that_is_not_found_is_looked_for_some_times_and_then_left_to_a_person(database: Database) -> None:
    await declare_outbound(database, REAL_TIME)
    store = MemoryStore()
    port = WatchedPort(store)
    await wanted(database)
    store.drop_next_answer()
    (first,) = await attempts(database, port, 1)
    store.remove(Entity.CUSTOMER, "1")
    later = await attempts(database, port, LOOKS_MAX - 1)
    assert [type(decision) for decision in (first, *later)] == [RetryAt] * (LOOKS_MAX - 1) + [Unknown]
    assert (port.batches, store.objects(Entity.CUSTOMER)) == ([1], {})


async def test_a_target_that_was_never_reached_is_sent_it_later(database: Database) -> None:
    await declare_outbound(database, REAL_TIME)
    store = MemoryStore()
    port = WatchedPort(store, hub_key=False)
    await wanted(database)
    store.ask_patience(1)
    with pytest.raises(Transient):
        await attempts(database, port, 1)
    assert await attempts(database, port, 1) == [Done()]


async def test_in_a_batch_it_is_found_again_as_well(database: Database) -> None:
    await declare_outbound(database, WEEKLY)
    store = MemoryStore()
    port = WatchedPort(store)
    room = outbound_room(database, port, WEEKLY)
    for number in range(5):
        await wanted(database, f"lead/{number}")
    store.drop_next_answer()
    counters = await run_lane(room, await ordered_run(database))
    assert (port.batches, counters["done"], len(store.objects(Entity.CUSTOMER))) == ([5], 5, 5)


async def test_in_a_batch_it_waits_for_a_person_as_well_and_the_run_ends(database: Database) -> None:
    await declare_outbound(database, WEEKLY)
    store = MemoryStore()
    port = WatchedPort(store, hub_key=False)
    room = outbound_room(database, port, WEEKLY)
    for number in range(5):
        await wanted(database, f"lead/{number}")
    store.drop_next_answer()
    counters = await run_lane(room, await ordered_run(database))
    assert (port.batches, counters["done"], counters["unknown"]) == ([5], 4, 1)
    async with database.reading() as connection:
        assert [(one.kind, one.state) for one in await dead_letters(connection)] == [(SEND, WorkState.UNKNOWN)]
    await run_lane(room, await ordered_run(database, 1))
    assert (port.batches, len(store.objects(Entity.CUSTOMER))) == ([5], 5)
