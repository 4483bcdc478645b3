"""A run of an inbound lane, on the fake package that produces faults on demand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from adapters.memory.store import MemoryStore
from hub.errors import Conflict, Transient
from hub.flows.quarantine import original_of
from hub.flows.run_lane import run_lane
from hub.records.identity import Entity
from hub.records.source import JsonObject
from hub.store.engine import Database
from tests.flows.building import RULES, golden_state
from tests.flows.engine import declared, queued_run, room_over, state_of


def body(name: str, email: str) -> JsonObject:
    return {"name": name, "contact_media": [{"external_id": "m1", "kind": "EMAIL", "value": email}]}


def filled(count: int) -> MemoryStore:
    store = MemoryStore()
    for number in range(1, count + 1):
        store.put(Entity.CUSTOMER, str(number), body(f"Customer {number}", f"c{number}@example.com"))
        store.advance(timedelta(seconds=1))
    return store


async def versions(database: Database) -> int:
    async with database.reading() as connection:
        return await connection.scalar(text("SELECT count(*) FROM document_version")) or 0


async def test_a_first_run_brings_everybody_in_and_a_second_changes_nothing(database: Database) -> None:
    await declared(database)
    room = room_over(database, filled(30), page_size=7)
    first = await run_lane(room, await queued_run(database))
    second = await run_lane(room, await queued_run(database))
    assert (first["created"], first["changed"]) == (30, 0)
    assert (second["created"], second["changed"], second["deleted"]) == (0, 0, 0)
    assert (len(await golden_state(database)), await versions(database)) == (30, 30)


async def test_a_message_that_comes_twice_runs_once(database: Database) -> None:
    await declared(database)
    room = room_over(database, filled(3))
    run_id = await queued_run(database)
    await run_lane(room, run_id)
    assert await run_lane(room, run_id) == {}


async def test_a_child_deleted_at_the_source_disappears(database: Database) -> None:
    await declared(database)
    store = filled(2)
    room = room_over(database, store)
    await run_lane(room, await queued_run(database))
    store.advance(timedelta(hours=2))
    store.remove_child(Entity.CUSTOMER, "1", "contact_media", "m1")
    counters = await run_lane(room, await queued_run(database))
    assert counters["reread"] == 1
    media = {name: media for _, name, _, _, media, _ in await golden_state(database)}
    assert media == {"Customer 1": None, "Customer 2": ["EMAILc2@example.comc2@example.comcrm2"]}


async def test_rows_that_commit_behind_the_cursor_are_found(database: Database) -> None:
    await declared(database)
    store = filled(5)
    room = room_over(database, store)
    await run_lane(room, await queued_run(database))
    late = store.clock - timedelta(hours=6)
    store.advance(timedelta(hours=1))
    for number in range(100, 300):
        store.put(Entity.CUSTOMER, str(number), body(f"Late {number}", f"l{number}@example.com"), stamp=late)
    counters = await run_lane(room, await queued_run(database))
    assert counters["created"] == 200


async def test_a_record_deleted_at_the_source_is_marked(database: Database) -> None:
    await declared(database)
    store = filled(3)
    room = room_over(database, store)
    await run_lane(room, await queued_run(database))
    store.advance(timedelta(hours=1))
    store.remove(Entity.CUSTOMER, "2")
    counters = await run_lane(room, await queued_run(database))
    assert counters["deleted"] == 1
    assert [c[3] for c in await golden_state(database)] == [False, True, False]


async def test_an_emptied_source_deletes_nobody(database: Database) -> None:
    await declared(database)
    store = filled(25)
    room = room_over(database, store)
    await run_lane(room, await queued_run(database))
    store.advance(timedelta(hours=1))
    for number in range(1, 26):
        store.remove(Entity.CUSTOMER, str(number))
    run_id = await queued_run(database)
    with pytest.raises(Conflict, match="25 of 25 customer records of crm are missing"):
        await run_lane(room, run_id)
    assert await state_of(database, run_id) == "FAILED"
    assert [c[3] for c in await golden_state(database)] == [False] * 25


async def test_a_package_that_stops_midway_leaves_a_run_that_resumes(database: Database) -> None:
    await declared(database)
    store = filled(60)
    room = room_over(database, store, page_size=10)
    run_id = await queued_run(database)
    with pytest.raises(Transient):
        await run_lane(room, run_id, progress=lambda counters: store.stop())
    # Three pages were applied at once, the fourth waited for room, and the fifth had been read meanwhile.
    assert (await state_of(database, run_id), len(await golden_state(database))) == ("INTERRUPTED", 50)
    store.start()
    counters = await run_lane(room, run_id)
    assert (await state_of(database, run_id), counters["created"]) == ("COMPLETED", 60)


async def test_a_record_that_breaks_the_contract_waits_with_its_bytes_and_the_rest_is_in(database: Database) -> None:
    await declared(database)
    store = filled(499)
    store.put(Entity.CUSTOMER, "500", {"name": "Odd", "level": "platinum?"})
    room = room_over(database, store)
    counters = await run_lane(room, await queued_run(database))
    assert (counters["created"], counters["quarantined"]) == (499, 1)
    async with database.reading() as connection:
        row = (await connection.execute(text("SELECT id, code, external_id FROM quarantine"))).one()
        original = await original_of(connection, RULES.keys, row.id)
    assert (row.code, row.external_id, original) == ("UNMAPPED", "500", b'{"name":"Odd","level":"platinum?"}')


async def test_a_mended_record_closes_its_quarantine(database: Database) -> None:
    await declared(database)
    store = filled(1)
    store.put(Entity.CUSTOMER, "2", {"name": "Odd", "level": "x"})
    room = room_over(database, store)
    await run_lane(room, await queued_run(database))
    store.advance(timedelta(hours=1))
    store.put(Entity.CUSTOMER, "2", {"name": "Even", "level": "g"})
    await run_lane(room, await queued_run(database))
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT state FROM quarantine")) == "SUPERSEDED"
