"""Subscribers miss nothing and hear nothing twice, whatever they resume from and whatever breaks in between."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from hub.errors import CursorTooOld, Invalid, SlowSubscriber, Transient
from hub.live.changes import CHANNEL, NumberedChange, Place, place_of
from hub.live.mailbox import Mailbox
from hub.live.reader import Interest, Reader
from hub.live.subscribe import Subscription
from hub.store.engine import Database
from tests.live.feed import NOON, at, commit, kill_reader, number, running, session, take

pytestmark = pytest.mark.slow

CUSTOMERS = Interest("customer")
HERE = Place("0123456789ab", 1)
NEGATIVE = Place("0123456789ab", -1).cursor
LEADING_ZERO = Place("0123456789ab:0", 1).cursor


async def test_change_arrives_as_it_was_published(database: Database, database_url: str, reader: Reader) -> None:
    async with Subscription(reader, database, CUSTOMERS) as changes:
        await commit(database, "a")
        await number(database_url)
        change = await asyncio.wait_for(anext(changes), 10)
    assert change == NumberedChange("customer", "a", "CustomerAttributeValueChangeEvent", change.place, NOON)
    assert place_of(change.cursor) == change.place == await at(database, 1)


async def test_subscription_to_one_object_hears_of_no_other(
    database: Database, database_url: str, reader: Reader
) -> None:
    async with (
        Subscription(reader, database, Interest("customer", "b")) as one,
        Subscription(reader, database, Interest("lead")) as other_topic,
        Subscription(reader, database, CUSTOMERS) as all_of_them,
    ):
        await commit(database, "a", "b", "c", "b")
        await number(database_url)
        assert await take(all_of_them, 4) == [(1, "a"), (2, "b"), (3, "c"), (4, "b")]
        assert await take(one, 2) == [(2, "b"), (4, "b")]
        assert other_topic.cursor == (await at(database, 4)).cursor
        assert one.cursor == (await at(database, 4)).cursor


async def test_without_a_cursor_it_begins_at_the_moment_of_entering(
    database: Database, database_url: str, reader: Reader
) -> None:
    await commit(database, "before")
    await number(database_url)
    async with Subscription(reader, database, CUSTOMERS, cursor=(await at(database, 0)).cursor) as witness:
        await take(witness, 1)
    await _delivered(reader, database, 1)
    async with Subscription(reader, database, CUSTOMERS) as changes:
        await commit(database, "after")
        await number(database_url)
        assert await take(changes, 1) == [(2, "after")]


async def _delivered(reader: Reader, database: Database, position: int) -> None:
    """Wait until the fan-out, not only the table, has reached `position`."""
    async with Subscription(reader, database, CUSTOMERS) as changes, asyncio.timeout(10):
        while reader.place.position < position:
            await anext(changes)


@pytest.mark.parametrize("page", [1, 2, 500])
async def test_resuming_at_every_position_gives_the_rest_exactly_once(
    database: Database, database_url: str, reader: Reader, page: int
) -> None:
    names = [f"customer-{number % 3}" for number in range(12)]
    await commit(database, *names)
    await number(database_url)
    expected = [(position, name) for position, name in enumerate([*names, "x", "y", "x"], start=1)]
    async with contextlib.AsyncExitStack() as stack:
        resumed = [
            await stack.enter_async_context(
                Subscription(reader, database, CUSTOMERS, cursor=(await at(database, position)).cursor, page=page)
            )
            for position in range(13)
        ]
        tasks = [asyncio.create_task(take(changes, 15 - position)) for position, changes in enumerate(resumed)]
        for name in ("x", "y", "x"):
            await commit(database, name)
            await number(database_url)
        for position, task in enumerate(tasks):
            assert await task == expected[position:]


async def test_reader_behind_the_table_repeats_nothing(database: Database, database_url: str, reader: Reader) -> None:
    async with session(database_url) as connection:
        await _delivered(reader, database, 0)
        # Numbered without ringing: the reader, which polls once a minute, does not know of these two.
        await connection.execute(
            "INSERT INTO change_feed (position, topic, object_id, kind, at)"
            " VALUES (1, 'customer', 'a', 'k', now()), (2, 'customer', 'b', 'k', now())"
        )
        async with Subscription(reader, database, CUSTOMERS, cursor=(await at(database, 0)).cursor) as changes:
            assert await take(changes, 2) == [(1, "a"), (2, "b")]
            waiting = asyncio.create_task(take(changes, 1))
            await connection.execute(f"NOTIFY {CHANNEL}")
            await commit(database, "c")
            await number(database_url)
            assert await waiting == [(3, "c")]


async def test_mailbox_ignores_what_lies_before_its_beginning() -> None:
    mailbox = Mailbox(after=Place("", 2), capacity=8, latest_only=False)
    for position in (1, 2, 3):
        mailbox.put(NumberedChange("customer", "a", "k", Place("", position), NOON))
    assert (await mailbox.take()).position == 3
    assert mailbox.idle


async def test_slow_subscriber_is_cut_off_and_comes_back_without_loss(
    database: Database, database_url: str, reader: Reader
) -> None:
    async with (
        Subscription(reader, database, CUSTOMERS, capacity=3) as slow,
        Subscription(reader, database, CUSTOMERS) as quick,
    ):
        await commit(database, "a", "b")
        await number(database_url)
        assert await take(slow, 1) == [(1, "a")]
        await commit(database, "c", "d", "e", "f")
        await number(database_url)
        assert len(await take(quick, 6)) == 6
        with pytest.raises(SlowSubscriber) as cut:
            await anext(slow)
        assert slow.cursor == cut.value.cursor == (await at(database, 1)).cursor
    async with Subscription(reader, database, CUSTOMERS, cursor=cut.value.cursor) as back:
        assert await take(back, 5) == [(2, "b"), (3, "c"), (4, "d"), (5, "e"), (6, "f")]


async def test_latest_only_keeps_the_newest_of_each_object_in_order(
    database: Database, database_url: str, reader: Reader
) -> None:
    async with (
        Subscription(reader, database, CUSTOMERS, capacity=2, latest_only=True) as latest,
        Subscription(reader, database, CUSTOMERS) as every,
    ):
        await commit(database, "a", "b", "b", "a", "a", "b", "a")
        await number(database_url)
        assert len(await take(every, 7)) == 7
        assert await take(latest, 2) == [(6, "b"), (7, "a")]


async def test_killed_connection_loses_and_repeats_nothing(
    database: Database, database_url: str, reader: Reader
) -> None:
    async with session(database_url) as killer, Subscription(reader, database, CUSTOMERS) as changes:
        for start in (1, 4, 7):
            await commit(database, "a", "b")
            await number(database_url)
            assert await take(changes, 2) == [(start, "a"), (start + 1, "b")]
            assert await kill_reader(killer) == 1
            await commit(database, "while away")
            await number(database_url)
            assert await take(changes, 1) == [(start + 2, "while away")]


async def test_cancelled_wait_loses_nothing(database: Database, database_url: str, reader: Reader) -> None:
    async with Subscription(reader, database, CUSTOMERS) as changes:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(changes), 0.01)
        await commit(database, "a")
        await number(database_url)
        assert await take(changes, 1) == [(1, "a")]


async def test_end_of_the_process_is_told_as_transient(database: Database, database_url: str) -> None:
    reader = Reader(database_url)
    async with running(reader.run()) as task, Subscription(reader, database, CUSTOMERS) as changes:
        task.cancel()
        with pytest.raises(Transient, match="subscribe again"):
            await asyncio.wait_for(anext(changes), 10)
    with pytest.raises(Transient):
        await Subscription(reader, database, CUSTOMERS).__aenter__()


@pytest.mark.parametrize(
    "cursor", ["", "x", "!!!!", "ZmVlZDo", "ZmVlZDphYmM", "bGVhZDox", HERE.cursor + "=", NEGATIVE, LEADING_ZERO]
)
def test_what_is_not_a_cursor_is_invalid(cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        place_of(cursor)
    assert refused.value.path == ("cursor",)


@pytest.mark.parametrize("position", [0, 1, 10, 2**62])
def test_cursor_survives_the_round_trip(position: int) -> None:
    place = Place("0123456789ab", position)
    assert place_of(place.cursor) == place


async def test_cursor_ahead_of_the_feed_is_refused(database: Database, reader: Reader) -> None:
    with pytest.raises(CursorTooOld):
        await Subscription(reader, database, CUSTOMERS, cursor=(await at(database, 1)).cursor).__aenter__()
