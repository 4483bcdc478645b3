"""A pushed event that leaves a doubt, which its source settles."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from adapters.memory.store import MemoryStore
from adapters.memory.webhooks import event_of
from hub.flows.push import take_event
from hub.records.lanes import LaneMode
from hub.store.engine import Database
from hub.work.decisions import Done, RetryAt
from tests.flows.building import at
from tests.flows.engine import CRM
from tests.webhooks.calls import SECRET
from tests.webhooks.pushing import CUSTOMER, Unversioned, arrive, names, pushing, real_time

pytestmark = pytest.mark.slow


async def test_content_without_a_version_is_read_at_the_source(database: Database) -> None:
    store = MemoryStore()
    room = pushing(database, store)
    await real_time(database)
    store.put(CUSTOMER, "1", {"name": "As it is now"})
    webhooks = Unversioned([SECRET], [CUSTOMER])
    event = event_of(store, CUSTOMER, "1").replace(b"As it is now", b"As it was")
    (arrived,) = await arrive(database, room, event)

    assert await take_event(replace(room, webhooks={CRM: webhooks}), "crm", arrived) == Done()

    assert await names(database) == [("As it is now", False)]


async def test_a_read_that_came_out_older_than_what_is_here_is_made_again(database: Database) -> None:
    store = MemoryStore()
    room = replace(pushing(database, store), webhooks={CRM: Unversioned([SECRET], [CUSTOMER])})
    await real_time(database)
    store.put(CUSTOMER, "1", {"name": "Before"})
    (before,) = await arrive(database, room, event_of(store, CUSTOMER, "1"))
    store.advance(timedelta(seconds=1))
    await take_event(room, "crm", before)
    store.put(CUSTOMER, "1", {"name": "After"})
    (after,) = await arrive(database, room, event_of(store, CUSTOMER, "1"))
    store.advance(-timedelta(milliseconds=500))

    again = await take_event(room, "crm", after)
    store.advance(timedelta(seconds=1))
    done = await take_event(room, "crm", after, 2)

    assert (type(again), done) == (RetryAt, Done())
    assert await names(database) == [("After", False)]


@pytest.mark.parametrize("wrong_by", [timedelta(minutes=-2), timedelta(minutes=2)])
async def test_a_clock_that_was_wrong_for_a_while_loses_no_change(database: Database, wrong_by: timedelta) -> None:
    store = MemoryStore(at(20_000))
    room = replace(pushing(database, store), clock=lambda: store.clock)
    await real_time(database)
    for name, skew in (("Before", timedelta()), ("Meanwhile", wrong_by), ("After", timedelta())):
        store.advance(timedelta(seconds=10))
        store.put(CUSTOMER, "1", {"name": name}, stamp=store.clock + skew)
        (event,) = await arrive(database, room, event_of(store, CUSTOMER, "1"))
        store.advance(timedelta(seconds=1))

        assert await take_event(room, "crm", event) == Done()

        assert await names(database) == [(name, False)]


async def test_a_delete_by_a_clock_that_is_behind_deletes(database: Database) -> None:
    store = MemoryStore()
    room = pushing(database, store)
    await real_time(database)
    store.put(CUSTOMER, "1", {"name": "Anna de Vries"})
    made = event_of(store, CUSTOMER, "1")
    store.remove(CUSTOMER, "1")
    store.advance(timedelta(minutes=-2))
    gone = event_of(store, CUSTOMER, "1")
    store.advance(timedelta(minutes=3))
    for event in await arrive(database, room, made, gone):
        assert await take_event(room, "crm", event) == Done()

    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT deleted FROM source_record")) is True


@pytest.mark.parametrize("mode", [LaneMode.AUTHORITATIVE, LaneMode.SHADOW])
async def test_a_delete_that_was_read_within_the_second_of_the_last_change_is_read_again(
    database: Database, mode: LaneMode
) -> None:
    store = MemoryStore()
    room = pushing(database, store)
    await real_time(database, mode)
    store.put(CUSTOMER, "1", {"name": "Anna de Vries"})
    made = event_of(store, CUSTOMER, "1")
    store.remove(CUSTOMER, "1")
    store.advance(timedelta(minutes=-2))
    gone = event_of(store, CUSTOMER, "1")
    store.advance(timedelta(minutes=2, milliseconds=-500))
    first, second = await arrive(database, room, made, gone)
    await take_event(room, "crm", first)

    again = await take_event(room, "crm", second)
    store.advance(timedelta(seconds=1))
    done = await take_event(room, "crm", second, 2)

    assert (type(again), done) == (RetryAt, Done())
    async with database.reading() as connection:
        images = "SELECT deleted FROM source_record UNION ALL SELECT deleted FROM shadow_record"
        assert await connection.scalar(text(images)) is True


@pytest.mark.parametrize("behind_ms", [500, 1_000])
@pytest.mark.parametrize("name", ["Anna de Vries", "Another Anna"])
async def test_what_was_made_again_and_read_within_the_second_of_its_delete_is_read_again(
    database: Database, name: str, behind_ms: int
) -> None:
    store = MemoryStore()
    room = replace(pushing(database, store), webhooks={CRM: Unversioned([SECRET], [CUSTOMER])})
    await real_time(database)
    store.put(CUSTOMER, "1", {"name": "Anna de Vries"})
    (made,) = await arrive(database, room, event_of(store, CUSTOMER, "1"))
    await take_event(room, "crm", made)
    store.advance(timedelta(seconds=1))
    store.remove(CUSTOMER, "1")
    gone = event_of(store, CUSTOMER, "1")
    store.put(CUSTOMER, "1", {"name": name})
    first, second = await arrive(database, room, gone, event_of(store, CUSTOMER, "1") + b" ")
    await take_event(room, "crm", first)
    store.advance(-timedelta(milliseconds=behind_ms))

    again = await take_event(room, "crm", second)
    store.advance(timedelta(seconds=2))
    done = await take_event(room, "crm", second, 2)

    assert (type(again), done) == (RetryAt, Done())
    assert await names(database) == [(name, False)]
