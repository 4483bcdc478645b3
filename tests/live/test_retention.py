"""Old changes go, the feed keeps counting, and whoever is too far behind is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.errors import CursorTooOld
from hub.live.lag import FeedLag, measure_lag
from hub.live.reader import Interest, Reader
from hub.live.retention import trim
from hub.live.subscribe import Subscription
from hub.store.engine import Database
from tests.live.feed import NOON, at, commit, feed, number, take

DAY = timedelta(days=1)
CUSTOMERS = Interest("customer")


async def _trim(database: Database, keep: timedelta, limit: int = 20_000) -> int:
    async with database.transaction() as connection:
        return await trim(connection, keep, NOON, limit)


async def test_only_the_beginning_goes_up_to_the_first_change_that_is_kept(
    database: Database, database_url: str
) -> None:
    for name, age in (("old", 9), ("older", 12), ("young", 1), ("late but old", 9)):
        await commit(database, name, at=NOON - age * DAY)
        await number(database_url)
    assert await _trim(database, 7 * DAY) == 2
    assert await feed(database) == [(3, "young"), (4, "late but old")]
    assert await _trim(database, 7 * DAY) == 0


async def test_limit_bounds_one_call(database: Database, database_url: str) -> None:
    await commit(database, "a", "b", "c", at=NOON - 9 * DAY)
    await number(database_url)
    assert [await _trim(database, 7 * DAY, limit=2) for _ in range(3)] == [2, 1, 0]


async def test_emptied_feed_goes_on_counting(database: Database, database_url: str) -> None:
    await commit(database, "a", "b", at=NOON - 9 * DAY)
    await number(database_url)
    assert await _trim(database, 7 * DAY) == 2
    await commit(database, "c")
    await number(database_url)
    assert await feed(database) == [(3, "c")]


async def test_cursor_into_what_was_removed_is_too_old_and_the_next_one_is_not(
    database: Database, database_url: str, reader: Reader
) -> None:
    await commit(database, "a", "b", at=NOON - 9 * DAY)
    await commit(database, "c")
    await number(database_url)
    await _trim(database, 7 * DAY)
    with pytest.raises(CursorTooOld):
        await Subscription(reader, database, CUSTOMERS, cursor=(await at(database, 1)).cursor).__aenter__()
    async with Subscription(reader, database, CUSTOMERS, cursor=(await at(database, 2)).cursor) as changes:
        assert await take(changes, 1) == [(3, "c")]


async def test_lag_counts_what_waits_and_how_long(database: Database, database_url: str) -> None:
    await commit(database, "a", "b", at=NOON - timedelta(seconds=3))
    async with database.reading() as connection:
        assert await measure_lag(connection, NOON) == FeedLag(pending=2, oldest_s=3.0)
    await number(database_url)
    async with database.reading() as connection:
        assert await measure_lag(connection, NOON) == FeedLag(pending=0, oldest_s=0.0)
