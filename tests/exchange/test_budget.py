"""A budget that several processes spend from at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from hub.exchange.budget import Budget, Granted, Unspent
from hub.ports.limits import RateLimit
from hub.settings.systems import Limits
from hub.store.engine import Database, open_engine
from hub.work.urgency import Urgency
from tests.work.bench import START

REALTIME, BULK = Urgency.REALTIME, Urgency.BULK


def budget(database: Database, per_minute: int = 10, share: float = 0.2) -> Budget:
    return Budget("crm", Limits(requests_per_minute=per_minute, realtime_share=share), database)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


async def test_what_is_beyond_the_limit_is_granted_in_the_next_window(database: Database) -> None:
    crm = budget(database)
    assert (await crm.spend(7, REALTIME, at(0))).calls == 7
    assert (await crm.spend(7, REALTIME, at(30))).calls == 3
    refused = await crm.spend(7, REALTIME, at(59))
    assert (refused.calls, refused.again_at) == (0, at(60))
    assert (await crm.spend(7, REALTIME, at(60))).calls == 7


async def test_calls_given_back_are_spent_by_others(database: Database) -> None:
    crm = budget(database)
    granted = await crm.spend(10, REALTIME, at(0))
    assert (await crm.spend(0, REALTIME, at(1), Unspent(4, granted.window_start))).calls == 0
    assert (await crm.spend(10, REALTIME, at(2))).calls == 4


async def test_calls_of_a_window_that_is_over_cannot_be_given_back(database: Database) -> None:
    crm = budget(database)
    granted = await crm.spend(10, REALTIME, at(0))
    assert (await crm.spend(10, REALTIME, at(60), Unspent(4, granted.window_start))).calls == 10
    assert (await crm.spend(10, REALTIME, at(61), Unspent(4, granted.window_start))).calls == 0


async def test_bulk_leaves_its_share_to_real_time_work(database: Database) -> None:
    crm = budget(database)
    assert (await crm.spend(100, BULK, at(0))).calls == 8
    assert (await crm.spend(1, BULK, at(1))).calls == 0
    assert (await crm.spend(100, REALTIME, at(2))).calls == 2


async def test_real_time_work_counts_against_its_own_share_first(database: Database) -> None:
    crm = budget(database)
    assert (await crm.spend(5, REALTIME, at(0))).calls == 5
    assert (await crm.spend(100, BULK, at(1))).calls == 5


async def test_a_system_without_a_share_for_real_time_gives_bulk_everything(database: Database) -> None:
    assert (await budget(database, share=0).spend(100, BULK, at(0))).calls == 10


async def test_a_single_call_a_minute_is_not_kept_from_bulk(database: Database) -> None:
    assert (await budget(database, per_minute=1).spend(100, BULK, at(0))).calls == 1


async def test_patience_blocks_everybody_and_halves_the_limit_which_then_recovers(database: Database) -> None:
    crm, other = budget(database, 20), budget(database, 20)
    await crm.spend(1, REALTIME, at(0))
    await crm.block(90, at(1))
    await other.block(30, at(2))  # was under way when the first was told so
    refused = await other.spend(1, REALTIME, at(61))
    assert (refused.calls, refused.again_at) == (0, at(91))
    limits = [(await other.spend(0, REALTIME, at(91 + 60 * window))).window_limit for window in range(6)]
    assert limits == [12, 14, 16, 18, 20, 20]


async def test_the_systems_own_word_counts_until_it_is_over(database: Database) -> None:
    crm = budget(database, 100)
    await crm.spend(1, REALTIME, at(0))
    await crm.tell(RateLimit(remaining=5, reset_s=40), at(1))
    assert (await crm.spend(3, BULK, at(2))).calls == 3
    assert (await crm.spend(9, BULK, at(3))).calls == 1
    assert (await crm.spend(9, REALTIME, at(3))).calls == 1
    refused = await crm.spend(1, REALTIME, at(4))
    assert (refused.calls, refused.again_at) == (0, at(41))
    assert (await crm.spend(9, REALTIME, at(41))).calls == 9


async def test_nothing_left_by_its_own_word_blocks(database: Database) -> None:
    crm = budget(database)
    await crm.spend(1, REALTIME, at(0))
    await crm.tell(RateLimit(remaining=0, reset_s=15), at(1))
    refused = await crm.spend(1, REALTIME, at(2))
    assert (refused.calls, refused.again_at) == (0, at(16))


@pytest.mark.parametrize("wanted", [1, 7])
async def test_processes_that_ask_at_the_same_time_never_get_more_than_the_limit(
    database: Database, database_url: str, wanted: int
) -> None:
    other = Database(open_engine(database_url))

    async def greedy(mine: Budget, urgency: Urgency) -> int:
        return sum([(await mine.spend(wanted, urgency, at(1))).calls for _ in range(40)])

    mine = [budget(which, 100) for which in (database, other) for _ in range(3)]
    taken = await asyncio.gather(*(greedy(one, BULK if place % 2 else REALTIME) for place, one in enumerate(mine)))
    await other.aclose()
    async with database.reading() as connection:
        row = (await connection.execute(text("SELECT spent_realtime + spent_bulk AS spent FROM system_budget"))).one()
    assert (sum(taken), row.spent) == (100, 100)


asks = st.tuples(
    st.integers(0, 40),  # seconds since the one before
    st.integers(0, 2),  # process
    st.sampled_from(Urgency),
    st.integers(1, 12),  # wanted
    st.integers(0, 12),  # of what it has, given back
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(per_minute=st.integers(1, 15), share=st.sampled_from((0.0, 0.2, 0.5, 0.9)), steps=st.lists(asks, max_size=25))
async def test_no_interleaving_spends_more_than_the_limit_or_takes_the_share_of_real_time_work(
    database: Database, per_minute: int, share: float, steps: list[tuple[int, int, Urgency, int, int]]
) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("TRUNCATE system_budget"))
    processes = [budget(database, per_minute, share) for _ in range(3)]
    held: dict[tuple[int, Urgency], Unspent] = {}
    made: Counter[tuple[datetime, Urgency]] = Counter()
    now = START
    for seconds, process, urgency, wanted, back in steps:
        now += timedelta(seconds=seconds)
        mine = held.pop((process, urgency), None)
        returned = None if mine is None else Unspent(min(back, mine.calls), mine.window_start)
        granted = await processes[process].spend(wanted, urgency, now, returned)
        if returned is not None:
            made[returned.window_start, urgency] -= returned.calls
        made[granted.window_start, urgency] += granted.calls
        held[process, urgency] = Unspent(granted.calls, granted.window_start)
        _holds(granted, urgency, wanted, made, per_minute, share)


def _holds(
    granted: Granted, urgency: Urgency, wanted: int, made: Counter[tuple[datetime, Urgency]], limit: int, share: float
) -> None:
    realtime, bulk = (made[granted.window_start, which] for which in (REALTIME, BULK))
    assert realtime + bulk <= limit
    assert bulk <= max(1, limit - int(limit * share))
    if urgency is REALTIME and granted.calls < wanted:
        assert realtime + bulk == limit
        assert realtime >= min(limit - 1, int(limit * share))
