"""A person decides about stuck work: tried again in order, or settled after a look at the target."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from adapters.memory.store import MemoryStore
from hub.errors import Conflict, Invalid
from hub.exchange.inbox import TAKE_IN, Inbox, PushedEvent
from hub.flows.engine_room import EngineRoom
from hub.flows.read_back import ReadBack, command_of, read_back
from hub.flows.start_run import start_run
from hub.flows.stuck_work import WorkVerdict, retry_work, settle_work
from hub.records.identity import Entity, FlowName
from hub.store.engine import Database
from hub.work.dead_letters import StuckWork, dead_letters, stuck_ids
from hub.work.tables import WorkState
from tests.flows.building import at
from tests.flows.engine import CRM, FLOW, MAPPING, declared, room_over
from tests.flows.outbound import WatchedPort, commands, declare_outbound, outbound_room, renamed, work_off
from tests.flows.test_create import REAL_TIME, wanted
from tests.flows.test_run_lane import body
from tests.mapping.contracts import agreed


async def rows(database: Database, statement: str) -> list[tuple[Any, ...]]:
    async with database.reading() as connection:
        return [tuple(row) for row in await connection.execute(text(statement))]


async def all_stuck(database: Database) -> list[int]:
    async with database.reading() as connection:
        return await stuck_ids(connection, StuckWork(), 100)


async def unknown_create(database: Database, store: MemoryStore) -> tuple[EngineRoom, WatchedPort, int]:
    """A new customer whose answer was lost at a target that keeps no key."""
    await declare_outbound(database, REAL_TIME)
    port = WatchedPort(store, hub_key=False)
    room = outbound_room(database, port, REAL_TIME)
    await wanted(database)
    store.drop_next_answer()
    await work_off(room)
    [work] = await all_stuck(database)
    return room, port, work


async def settled(database: Database, work: int, verdict: WorkVerdict, reason: str = "seen there") -> None:
    async with database.transaction() as connection:
        await settle_work(connection, [work], verdict, reason, "mia", at(100))


@pytest.mark.parametrize(
    ("verdict", "states", "sent"),
    [
        (WorkVerdict.DONE, ("DONE", "DONE"), [1]),
        (WorkVerdict.NOT_DONE, ("DEAD", "DEAD"), [1]),
        (WorkVerdict.SEND_AGAIN, ("DONE", "DONE"), [1, 1]),
    ],
)
async def test_a_verdict_ends_an_unknown_outcome(
    database: Database, verdict: WorkVerdict, states: tuple[str, str], sent: list[int]
) -> None:
    store = MemoryStore()
    room, port, work = await unknown_create(database, store)
    await settled(database, work, verdict)
    await work_off(room)
    [(state,)] = await rows(database, "SELECT state FROM dispatch")
    [command] = await commands(database)
    assert (state, command.state) == states
    assert port.batches == sent
    deeds = await rows(database, "SELECT principal, action, detail->>'verdict' FROM audit_event")
    assert deeds == [("mia", "settleWork", verdict.value)]


async def test_a_retry_alone_sends_no_create_a_second_time(database: Database) -> None:
    store = MemoryStore()
    room, port, work = await unknown_create(database, store)
    async with database.transaction() as connection:
        assert await retry_work(connection, [work], "mia", at(100)) == 1
    await work_off(room)
    assert (port.batches, [row.state for row in await commands(database)]) == ([1], ["UNKNOWN"])


async def test_what_is_settled_cannot_be_settled_again_and_a_reason_is_needed(database: Database) -> None:
    _, _, work = await unknown_create(database, MemoryStore())
    with pytest.raises(Invalid, match="a reason has"):
        await settled(database, work, WorkVerdict.DONE, " ")
    await settled(database, work, WorkVerdict.DONE)
    for verdict in WorkVerdict:
        with pytest.raises(Conflict, match="look again"):
            await settled(database, work, verdict)
    assert await rows(database, "SELECT count(*) FROM audit_event") == [(1,)]


async def refused_twice(database: Database, store: MemoryStore) -> EngineRoom:
    """Two changes of one customer, dead because the target refused them, in one line."""
    await declare_outbound(database, REAL_TIME)
    room = outbound_room(database, WatchedPort(store), REAL_TIME)
    await renamed(database, "1", "Sanne", "Sanne Smit")
    await renamed(database, "1", "Sanne Smit", "Sanne de Boer")
    await work_off(room)
    return room


DEAD_BODY = b'{"name": "Geheim \xff"'
"""What nobody can read, and a person must see."""


async def dead_event(database: Database) -> int:
    """An event of a system that calls no longer; the number of its dead letter."""
    room = outbound_room(database, WatchedPort(MemoryStore()), REAL_TIME)
    await Inbox(database, room.keys, room.clock).take(PushedEvent(CRM, "msg_1", {}, DEAD_BODY))
    await work_off(room)
    async with database.reading() as connection:
        [work] = await stuck_ids(connection, StuckWork(kind=TAKE_IN), 10)
    return work


async def test_dead_letters_replayed_by_filter_go_in_key_order(database: Database) -> None:
    store = MemoryStore()
    room = await refused_twice(database, store)
    assert [row.state for row in await commands(database)] == ["REFUSED", "REFUSED"]
    store.put(Entity.CUSTOMER, "1", body("Sanne", "s@example.nl"))
    async with database.transaction() as connection:
        chosen = await stuck_ids(connection, StuckWork(kind="outbound.send", states={WorkState.DEAD}), 100)
        assert await retry_work(connection, chosen, "mia", at(100)) == 2
    assert await rows(database, "SELECT state FROM dispatch ORDER BY id") == [("READY",), ("WAITING",)]
    await work_off(room)
    assert [row.state for row in await commands(database)] == ["DONE", "DONE"]
    assert store.objects(Entity.CUSTOMER)[1].body["name"] == "Sanne de Boer"


async def test_filters_narrow_stuck_work_down(database: Database) -> None:
    await refused_twice(database, MemoryStore())
    async with database.reading() as connection:
        [first, second] = await dead_letters(connection)
        none = [
            await stuck_ids(connection, StuckWork(code="OTHER"), 10),
            await stuck_ids(connection, StuckWork(kind="flow.run"), 10),
            await stuck_ids(connection, StuckWork(since=at(50_000_000)), 10),
            await stuck_ids(connection, StuckWork(line="nobody"), 10),
        ]
        assert await stuck_ids(connection, StuckWork(code=first.code, line=first.line), 10) == [first.id, second.id]
    assert none == [[], [], [], []]


async def told(room: EngineRoom) -> ReadBack:
    async with room.database.reading() as connection:
        [letter] = await dead_letters(connection, limit=1)
        command = await command_of(connection, letter.payload)
    assert command is not None
    return await read_back(room, command)


async def test_what_the_target_holds_is_read_back_without_writing(database: Database) -> None:
    store = MemoryStore()
    room = await refused_twice(database, store)
    assert (await told(room)).note == "the target has no such object"
    store.put(Entity.CUSTOMER, "1", body("Sanne", "s@example.nl"))
    found = (await told(room)).found
    assert found is not None
    assert found.body is not None
    assert found.body["name"] == "Sanne"
    store.stop()
    assert (await told(room)).note.startswith("crm cannot be asked now")


async def test_a_target_that_cannot_be_asked_is_said_to_be_one(database: Database) -> None:
    room, _, _ = await unknown_create(database, MemoryStore())
    assert (await told(room)).note == "crm cannot be asked for this object; look there"


async def test_a_run_that_a_frozen_contract_stopped_begins_again_once_the_contract_is_changed(
    database: Database,
) -> None:
    await declared(database)
    store = MemoryStore()
    for number in range(1, 6):
        store.put(Entity.CUSTOMER, str(number), body(f"Customer {number}", f"c{number}@example.nl"))
    store.put(Entity.CUSTOMER, "3", {**body("Customer 3", "c3@example.nl"), "colour": "red"})
    contract = "version: 1\npolicy: DISCARD_VALUE\nfields: {name: text, contact_media: list}\n"
    room = room_over(database, store, page_size=2)
    frozen = replace(MAPPING, contract=agreed(contract, "FREEZE"))
    async with database.transaction() as connection:
        await start_run(connection, FlowName(FLOW), at(20_000))
    await work_off(replace(room, mappings={(CRM, Entity.CUSTOMER): frozen}))
    assert await rows(database, "SELECT state, error_code FROM flow_run") == [("FAILED", "CONTRACT_FROZEN")]
    assert await rows(database, "SELECT state, last_error_code FROM dispatch") == [("DEAD", "CONTRACT_FROZEN")]
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE information_flow SET epoch = epoch + 1"))
    async with database.transaction() as connection:
        await retry_work(connection, await all_stuck(database), "mia", at(20_001))
    await work_off(replace(room, mappings={(CRM, Entity.CUSTOMER): replace(MAPPING, contract=agreed(contract))}))
    assert await rows(database, "SELECT state, error_code FROM flow_run") == [("COMPLETED", None)]
    assert await rows(database, "SELECT count(*) FROM customer") == [(5,)]
