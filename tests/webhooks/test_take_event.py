"""A pushed event on its way into the golden record."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from adapters.memory.store import MemoryStore
from adapters.memory.webhooks import event_of
from hub.errors import Transient
from hub.exchange.forget_events import forget_events
from hub.flows.push import take_event
from hub.flows.quarantine import original_of
from hub.records.lanes import LaneMode
from hub.store.engine import Database
from hub.work.decisions import Dead, Done
from hub.work.schedule import NewSchedule, upsert_schedule
from hub.work.tables import Queue
from tests.flows.building import RULES, at, golden_state
from tests.flows.engine import CRM, FLOW
from tests.webhooks.calls import SECRET
from tests.webhooks.pushing import CUSTOMER, Unversioned, arrive, names, pushing, real_time, states

pytestmark = pytest.mark.slow


async def test_a_pushed_object_becomes_a_customer(database: Database) -> None:
    store = MemoryStore()
    room = pushing(database, store)
    await real_time(database)
    store.put(CUSTOMER, "1", {"name": "Anna de Vries"})
    (event,) = await arrive(database, room, event_of(store, CUSTOMER, "1"))

    assert await take_event(room, "crm", event) == Done()

    assert (await names(database), await states(database)) == ([("Anna de Vries", False)], ["APPLIED"])


async def test_an_event_taken_in_twice_makes_one_version(database: Database) -> None:
    store = MemoryStore()
    room = pushing(database, store)
    await real_time(database)
    store.put(CUSTOMER, "1", {"name": "Anna de Vries"})
    (event,) = await arrive(database, room, event_of(store, CUSTOMER, "1"))
    await take_event(room, "crm", event)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE inbox_event SET state = 'NEW'"))

    assert await take_event(room, "crm", event) == Done()

    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM document_version")) == 1


async def test_an_older_event_that_comes_last_changes_nothing(database: Database) -> None:
    store = MemoryStore()
    room = pushing(database, store)
    await real_time(database)
    store.put(CUSTOMER, "1", {"name": "Before"})
    older = event_of(store, CUSTOMER, "1")
    store.advance(timedelta(minutes=1))
    store.put(CUSTOMER, "1", {"name": "After"})
    for event in await arrive(database, room, event_of(store, CUSTOMER, "1"), older):
        assert await take_event(room, "crm", event) == Done()

    assert await names(database) == [("After", False)]


async def test_a_delete_that_overtakes_the_change_before_it_still_deletes(database: Database) -> None:
    store = MemoryStore()
    room = pushing(database, store)
    await real_time(database)
    store.put(CUSTOMER, "1", {"name": "Anna de Vries"})
    changed = event_of(store, CUSTOMER, "1")
    store.advance(timedelta(minutes=1))
    store.remove(CUSTOMER, "1")
    for event in await arrive(database, room, event_of(store, CUSTOMER, "1"), changed):
        assert await take_event(room, "crm", event) == Done()

    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT deleted FROM source_record")) is True


async def test_what_cannot_be_read_waits_in_quarantine_with_its_original_bytes(database: Database) -> None:
    room = pushing(database, MemoryStore())
    await real_time(database)
    (event,) = await arrive(database, room, b'{"entity": "customer", "id"')

    assert await take_event(room, "crm", event) == Done()

    async with database.reading() as connection:
        row = (await connection.execute(text("SELECT id, code, entity FROM quarantine"))).one()
        assert (row.code, row.entity) == ("UNREADABLE", "customer")
        assert await original_of(connection, RULES.keys, row.id) == b'{"entity": "customer", "id"'
    assert await states(database) == ["APPLIED"]


async def test_what_breaks_the_mapping_waits_in_quarantine(database: Database) -> None:
    store = MemoryStore()
    room = pushing(database, store)
    await real_time(database)
    store.put(CUSTOMER, "1", {"name": "Anna de Vries", "level": "unheard of"})
    body = event_of(store, CUSTOMER, "1")
    (event,) = await arrive(database, room, body)

    assert await take_event(room, "crm", event) == Done()

    async with database.reading() as connection:
        row = (await connection.execute(text("SELECT id, external_id FROM quarantine"))).one()
        assert (row.external_id, await original_of(connection, RULES.keys, row.id)) == ("1", body)


async def test_an_event_of_a_lane_that_stands_by_is_kept_and_not_applied(database: Database) -> None:
    store = MemoryStore()
    room = pushing(database, store)
    await real_time(database, LaneMode.STANDBY)
    store.put(CUSTOMER, "1", {"name": "Anna de Vries"})
    (event,) = await arrive(database, room, event_of(store, CUSTOMER, "1"))

    assert await take_event(room, "crm", event) == Done()

    assert (await names(database), await states(database)) == ([], ["IGNORED"])


async def test_an_event_of_a_shadow_lane_makes_a_twin_and_no_customer(database: Database) -> None:
    store = MemoryStore()
    room = pushing(database, store)
    await real_time(database, LaneMode.SHADOW)
    store.put(CUSTOMER, "1", {"name": "Anna de Vries"})
    (event,) = await arrive(database, room, event_of(store, CUSTOMER, "1"))

    assert await take_event(room, "crm", event) == Done()

    async with database.reading() as connection:
        twins = await connection.scalars(text("SELECT external_id FROM shadow_record"))
    assert (await names(database), list(twins), await states(database)) == ([], ["1"], ["APPLIED"])


async def test_an_event_is_not_taken_in_by_a_lane_that_polls(database: Database) -> None:
    store = MemoryStore()
    room = pushing(database, store)
    await real_time(database)
    async with database.transaction() as connection:
        every_ten = NewSchedule(f"lane:{FLOW}:REAL_TIME", "flow.start", Queue.SYSTEM, "*/10 * * * * *", "UTC")
        await upsert_schedule(connection, every_ten, room.clock())
    store.put(CUSTOMER, "1", {"name": "Anna de Vries"})
    (event,) = await arrive(database, room, event_of(store, CUSTOMER, "1"))

    assert await take_event(room, "crm", event) == Done()

    assert (await names(database), await states(database)) == ([], ["IGNORED"])


async def test_a_source_that_is_away_leaves_the_event_for_later(database: Database) -> None:
    store = MemoryStore()
    room = replace(pushing(database, store), webhooks={CRM: Unversioned([SECRET], [CUSTOMER])})
    await real_time(database)
    store.put(CUSTOMER, "1", {"name": "Anna de Vries"})
    (event,) = await arrive(database, room, event_of(store, CUSTOMER, "1"))
    store.stop()

    with pytest.raises(Transient):
        await take_event(room, "crm", event)

    assert await states(database) == ["NEW"]


async def test_an_event_of_a_system_that_calls_no_longer_is_a_dead_letter(database: Database) -> None:
    store = MemoryStore()
    room = pushing(database, store)
    await real_time(database)
    store.put(CUSTOMER, "1", {"name": "Anna de Vries"})
    (event,) = await arrive(database, room, event_of(store, CUSTOMER, "1"))

    decision = await take_event(replace(room, webhooks={}), "crm", event)

    assert decision == Dead("NOT_FOUND", "system crm takes no webhooks any more")
    assert await states(database) == ["NEW"]


async def test_settled_events_are_forgotten_with_the_keys_of_their_days_and_waiting_ones_are_not(
    database: Database,
) -> None:
    store = MemoryStore()
    room = pushing(database, store)
    await real_time(database)
    store.put(CUSTOMER, "1", {"name": "Anna de Vries"})
    (event,) = await arrive(database, room, event_of(store, CUSTOMER, "1"))
    later = replace(room, clock=lambda: at(20_000) + timedelta(days=1))
    await take_event(room, "crm", event)
    await arrive(database, later, b"{}")

    async with database.transaction() as connection:
        assert await forget_events(connection, at(20_000) + timedelta(days=2), 10) == 1
    async with database.reading() as connection:
        kept = await connection.scalars(text("SELECT count(*) FROM subject_key WHERE system = 'crm:inbox'"))
    assert (await states(database), list(kept)) == (["NEW"], [1])


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_events_repeated_and_in_any_order_end_in_one_state(database: Database, data: st.DataObject) -> None:
    store = MemoryStore()
    bodies: list[bytes] = []
    for step in data.draw(st.lists(st.tuples(st.sampled_from("12"), st.booleans()), min_size=1, max_size=6)):
        store.advance(timedelta(minutes=1))
        _change(store, *step, to=f"Name {len(bodies)}")
        bodies.append(event_of(store, CUSTOMER, step[0]))
    room = pushing(database, store)
    ends = []
    for pushed in (bodies, data.draw(st.permutations(bodies + bodies))):
        await _empty(database)
        await real_time(database)
        for event in await arrive(database, room, *pushed):
            await take_event(room, "crm", event)
        ends.append(await golden_state(database))
    assert ends[0] == ends[1]


async def _empty(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("SELECT pristine.reset()"))


def _change(store: MemoryStore, external_id: str, gone: bool, to: str) -> None:
    """Rename the object, or delete it where it is there."""
    if not gone:
        store.put(CUSTOMER, external_id, {"name": to})
    elif int(external_id) in store.objects(CUSTOMER):
        store.remove(CUSTOMER, external_id)


async def test_what_an_event_told_is_gone_once_it_was_taken_in_and_a_repeat_is_still_known(database: Database) -> None:
    store = MemoryStore()
    room = pushing(database, store)
    await real_time(database)
    store.put(CUSTOMER, "1", {"name": "Anna de Vries"})
    (event,) = await arrive(database, room, event_of(store, CUSTOMER, "1"))
    assert await take_event(room, "crm", event) == Done()
    async with database.reading() as connection:
        left = (await connection.execute(text("SELECT event_id, body, headers FROM inbox_event"))).all()
    assert [tuple(row) for row in left] == [(event, b"", {})]
    assert await take_event(room, "crm", event) == Done()
