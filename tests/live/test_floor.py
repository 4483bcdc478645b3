"""The sequencer may skip what it has taken, and never what is still to come."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.live.floor import Floor
from hub.live.publish import publish
from hub.live.sequencer import take_turn
from hub.store.engine import Database
from tests.live.feed import NOON, commit, customer, feed, session

pytestmark = pytest.mark.slow


async def test_floor_rises_past_taken_rows_beside_a_long_transaction(database: Database, database_url: str) -> None:
    async with session(database_url) as connection, session(database_url) as long:
        await long.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        assert await long.fetchval("SELECT count(*) FROM change_pending") == 0
        await commit(database, "a", "b", "c")
        floor = Floor()
        for _ in range(2):
            await floor.watch(connection)
            await take_turn(connection, floor.id)
            floor.rise(None)
        assert floor.id == 3


async def test_floor_stays_below_a_row_that_is_not_committed(database: Database, database_url: str) -> None:
    floor = Floor()
    async with session(database_url) as connection:
        async with database.transaction() as open_:
            await publish(open_, [customer("late")], NOON)
            await commit(database, "prompt")
            for _ in range(3):
                await floor.watch(connection)
                await take_turn(connection, floor.id)
                floor.rise(None)
            assert floor.id == 0
        assert (await take_turn(connection, floor.id)).moved == 1


async def test_floor_follows_the_turns_through_a_backlog(database: Database, database_url: str) -> None:
    floor = Floor()
    async with session(database_url) as connection:
        await commit(database, "a", "b", "c")
        await floor.watch(connection)
        await floor.watch(connection)
        turn = await take_turn(connection, floor.id, limit=2)
        floor.rise(turn.top)
        assert (turn.top, floor.id) == (2, 2)
        turn = await take_turn(connection, floor.id, limit=1)
        floor.rise(turn.top)
        assert (turn.top, floor.id) == (3, 3)


async def test_floor_does_not_follow_turns_past_what_it_has_watched(database: Database, database_url: str) -> None:
    floor = Floor()
    async with session(database_url) as connection:
        await commit(database, "a")
        await floor.watch(connection)
        await floor.watch(connection)
        await commit(database, "b", "c")
        turn = await take_turn(connection, floor.id, limit=2)
        floor.rise(turn.top)
        assert (turn.top, floor.id) == (2, 1)


async def test_floor_stays_below_a_writer_that_came_while_it_watched(database: Database, database_url: str) -> None:
    floor = Floor()
    async with session(database_url) as connection:
        await commit(database, "a")
        await floor.watch(connection)
        async with database.transaction() as open_:
            await publish(open_, [customer("late")], NOON)
            await commit(database, "b")
            await floor.watch(connection)
            await take_turn(connection, floor.id)
            floor.rise(None)
            assert floor.id == 1
        assert (await take_turn(connection, floor.id)).moved == 1
    assert await feed(database) == [(1, "a"), (2, "b"), (3, "late")]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["publish", "commit", "abandon"]), st.integers(0, 2)),
        st.sampled_from([("watch", 0), ("turn", 0)]),
    ),
    max_size=40,
)


class _Interleaving:
    """Three writers and a sequencer with a floor, moved one step at a time; `committed` is what must arrive."""

    def __init__(self, writers: Sequence[AsyncConnection]) -> None:
        self.writers = writers
        self.open: list[list[str]] = [[], [], []]
        self.committed: list[str] = []
        self.published = 0

    async def write(self, step: str, writer: int) -> None:
        if step == "publish":
            self.published += 1
            await publish(self.writers[writer], [customer(str(self.published))], NOON)
            self.open[writer].append(str(self.published))
        elif step == "commit":
            await self.writers[writer].commit()
            self.committed += self.open[writer]
            self.open[writer] = []
        else:
            await self.writers[writer].rollback()
            self.open[writer] = []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_every_committed_change_is_numbered_once_whatever_the_interleaving(
    database: Database, database_url: str, steps: list[tuple[str, int]]
) -> None:
    async with AsyncExitStack() as stack:
        sequencer = await stack.enter_async_context(session(database_url))
        await sequencer.execute("TRUNCATE change_feed, change_pending")
        writers = [await stack.enter_async_context(database.engine.connect()) for _ in range(3)]
        story = _Interleaving(writers)
        floor = Floor()
        for step, writer in [*steps, ("commit", 0), ("commit", 1), ("commit", 2), *[("turn", 0)] * 21]:
            if step == "watch":
                await floor.watch(sequencer)
            elif step == "turn":
                turn = await take_turn(sequencer, floor.id, limit=2)
                floor.rise(None if turn.moved < 2 else turn.top)
            else:
                await story.write(step, writer)
        rows = await feed(database)
        assert sorted(object_id for _, object_id in rows) == sorted(story.committed)
        assert [position for position, _ in rows] == list(range(1, len(rows) + 1))
        left = await sequencer.fetchval("SELECT count(*) FROM change_pending")
        assert left == 0


async def test_a_fresh_database_loses_not_even_its_first_change(database: Database, database_url: str) -> None:
    floor = Floor()
    async with session(database_url) as connection:
        await floor.watch(connection)
        await floor.watch(connection)
        floor.rise(None)
        await commit(database, "first")
        assert (await take_turn(connection, floor.id)).moved == 1
    assert await feed(database) == [(1, "first")]
