"""Many events taken in together end as each of them alone: settled, in any order, and none at another's expense."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from adapters.memory.store import MemoryStore
from adapters.memory.webhooks import event_of
from hub.exchange.inbox import Inbox, PushedEvent
from hub.flows.intake import Intake
from hub.flows.push import Doubtful, take_events
from hub.observe.context import bind_context
from hub.store.engine import Database
from hub.work.decisions import Done
from tests.webhooks.pushing import CUSTOMER, arrive, names, pushing, real_time, states

pytestmark = pytest.mark.slow


async def pages(database: Database) -> int:
    """Transactions that wrote versions."""
    async with database.reading() as connection:
        return await connection.scalar(text("SELECT count(DISTINCT xmin::text) FROM document_version")) or 0


async def test_events_that_wait_are_one_page_and_all_settled(database: Database) -> None:
    store = MemoryStore()
    room = pushing(database, store)
    await real_time(database)
    for number in range(1, 6):
        store.put(CUSTOMER, str(number), {"name": f"Customer {number}"})
    events = await arrive(database, room, *(event_of(store, CUSTOMER, str(number)) for number in range(1, 6)))

    assert await take_events(room, "crm", events) == [Done()] * 5

    assert [name for name, _ in await names(database)] == [f"Customer {number}" for number in range(1, 6)]
    assert (await states(database), await pages(database)) == (["APPLIED"] * 5, 1)
    assert await take_events(room, "crm", events) == [Done()] * 5  # a message that comes twice


async def test_an_older_event_behind_a_newer_one_is_in_doubt_as_if_it_came_alone(database: Database) -> None:
    store = MemoryStore()
    room = pushing(database, store)
    await real_time(database)
    store.put(CUSTOMER, "1", {"name": "Before"})
    older = event_of(store, CUSTOMER, "1")
    store.advance(timedelta(minutes=1))
    store.put(CUSTOMER, "1", {"name": "After"})
    events = await arrive(database, room, event_of(store, CUSTOMER, "1"), older)

    newer, behind = await take_events(room, "crm", events)

    assert newer == Done()
    assert isinstance(behind, Doubtful)
    assert [sorted(ids) for ids in behind.doubts.values()] == [["1"]]
    assert sorted(await states(database)) == ["APPLIED", "NEW"]


async def test_what_is_in_doubt_is_read_and_everything_settled(database: Database) -> None:
    store = MemoryStore()
    room = pushing(database, store)
    await real_time(database)
    outdated = []
    for number in ("1", "2", "3"):
        store.put(CUSTOMER, number, {"name": f"Before {number}"})
        outdated.append(event_of(store, CUSTOMER, number))
    store.advance(timedelta(minutes=1))
    for number in ("1", "2", "3"):
        store.put(CUSTOMER, number, {"name": f"After {number}"})
    now = [event_of(store, CUSTOMER, number) for number in ("1", "2", "3")]
    events = await arrive(database, room, *now, *outdated)
    intake = Intake(room)

    assert await asyncio.gather(*(intake.take("crm", event, 1) for event in events)) == [Done()] * 6

    assert await names(database) == [("After 1", False), ("After 2", False), ("After 3", False)]
    assert await states(database) == ["APPLIED"] * 6


async def test_an_event_that_breaks_something_breaks_it_for_nobody_else(database: Database) -> None:
    store = MemoryStore()
    room = pushing(database, store)
    await real_time(database)
    store.put(CUSTOMER, "1", {"name": "Anna de Vries"})
    store.put(CUSTOMER, "2", {"name": "Ben Bakker"})
    anna, ben = await arrive(database, room, event_of(store, CUSTOMER, "1"), event_of(store, CUSTOMER, "2"))
    async with database.transaction() as connection:
        await connection.execute(
            text("UPDATE inbox_event SET body = '\\x00'::bytea WHERE event_id = :event"), {"event": ben}
        )
    intake = Intake(room)

    answers = await asyncio.gather(intake.take("crm", anna, 1), intake.take("crm", ben, 1), return_exceptions=True)

    assert answers[0] == Done()
    assert isinstance(answers[1], Exception)
    assert await names(database) == [("Anna de Vries", False)]


async def test_events_that_arrive_together_are_stored_once_each_in_the_context_of_their_own_call(
    database: Database,
) -> None:
    store = MemoryStore()
    room = pushing(database, store)
    await real_time(database)
    inbox = Inbox(database, room.keys, room.clock)

    async def call(number: int, event_id: str) -> bool:
        with bind_context(request_id=f"call-{number}"):
            return await inbox.take(PushedEvent("crm", event_id, {}, b"{}", f"inbox/crm/customer/{event_id}"))

    await call(0, "first")
    answers = await asyncio.gather(*(call(number, f"e{number % 3}") for number in range(1, 7)))

    assert sorted(answers) == [False, False, False, True, True, True]
    async with database.reading() as connection:
        rows = await connection.execute(
            text("SELECT payload->>'event' AS event, context->>'request_id' AS call FROM dispatch ORDER BY id")
        )
        assert [(row.event, row.call) for row in rows] == [
            ("first", "call-0"),
            ("e1", "call-1"),
            ("e2", "call-2"),
            ("e0", "call-3"),
        ]
