"""A pushed event on its way into the golden record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from adapters.memory.store import MemoryStore
from adapters.memory.webhooks import MemoryWebhooks, event_of
from hub.errors import Transient
from hub.exchange.forget_events import forget_events
from hub.exchange.inbox import Inbox, PushedEvent
from hub.flows.engine_room import EngineRoom
from hub.flows.push import take_event
from hub.flows.quarantine import original_of
from hub.ports.webhooks import Told
from hub.records.identity import Entity
from hub.records.lanes import LaneMode
from hub.store.engine import Database
from hub.work.decisions import Dead, Done, RetryAt
from hub.work.schedule import NewSchedule, upsert_schedule
from hub.work.tables import Queue
from tests.flows.building import RULES, at, golden_state
from tests.flows.engine import CRM, FLOW, declared, room_over
from tests.webhooks.calls import SECRET

pytestmark = pytest.mark.slow

CUSTOMER = Entity.CUSTOMER


def pushing(database: Database, store: MemoryStore) -> EngineRoom:
    """The room of tests/flows, of which the package also calls."""
    return replace(room_over(database, store), webhooks={CRM: MemoryWebhooks([SECRET], [CUSTOMER])})


async def real_time(database: Database, mode: LaneMode = LaneMode.AUTHORITATIVE) -> None:
    """The flow as it stands after a cut-over to push; the daily lane audits."""
    await declared(database)
    async with database.transaction() as connection:
        if mode is LaneMode.AUTHORITATIVE:
            await connection.execute(text("UPDATE lane SET mode = 'VERIFY'"))
        await connection.execute(
            text("INSERT INTO lane (flow, cadence, mode) VALUES (:flow, 'REAL_TIME', :mode)"),
            {"flow": FLOW, "mode": mode},
        )


async def arrive(database: Database, room: EngineRoom, *bodies: bytes) -> list[str]:
    """Events stored as the web process stores them; gives their ids."""
    inbox = Inbox(database, room.keys, room.clock)
    ids = []
    for body in bodies:
        event_id = f"e{RULES.keys.proof(body).hex()[:16]}"
        await inbox.take(PushedEvent("crm", event_id, {}, body))
        ids.append(event_id)
    return ids


async def names(database: Database) -> list[tuple[str, bool]]:
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT name, deleted FROM customer ORDER BY name"))
        return [(row.name, row.deleted) for row in rows]


async def states(database: Database) -> list[str]:
    async with database.reading() as connection:
        return list(await connection.scalars(text("SELECT state FROM inbox_event ORDER BY event_id")))


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


async def test_content_without_a_version_is_read_at_the_source(database: Database) -> None:
    store = MemoryStore()
    room = pushing(database, store)
    await real_time(database)
    store.put(CUSTOMER, "1", {"name": "As it is now"})
    webhooks = _Unversioned([SECRET], [CUSTOMER])
    event = event_of(store, CUSTOMER, "1").replace(b"As it is now", b"As it was")
    (arrived,) = await arrive(database, room, event)

    assert await take_event(replace(room, webhooks={CRM: webhooks}), "crm", arrived) == Done()

    assert await names(database) == [("As it is now", False)]


async def test_a_read_that_came_out_older_than_what_is_here_is_made_again(database: Database) -> None:
    store = MemoryStore()
    room = replace(pushing(database, store), webhooks={CRM: _Unversioned([SECRET], [CUSTOMER])})
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
    room = replace(pushing(database, store), webhooks={CRM: _Unversioned([SECRET], [CUSTOMER])})
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


async def test_a_source_that_is_away_leaves_the_event_for_later(database: Database) -> None:
    store = MemoryStore()
    room = replace(pushing(database, store), webhooks={CRM: _Unversioned([SECRET], [CUSTOMER])})
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


class _Unversioned(MemoryWebhooks):
    """The fake package as one whose events carry no change stamp."""

    def objects(self, body: bytes, headers: Mapping[str, str]) -> Told:
        told = super().objects(body, headers)
        return Told(tuple(replace(source, stamp=None) for source in told.objects))


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
