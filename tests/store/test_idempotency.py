"""A request with a key happens once, also when two come at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from hub.errors import Conflict, Invalid
from hub.store.engine import Database
from hub.store.idempotency import Call, forget_keys, once

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
CALL = Call("agent:1", "correct", "k1", {"value": "a"})


class Work:
    """Counts how often it was done."""

    def __init__(self) -> None:
        self.done = 0

    async def __call__(self) -> Mapping[str, object]:
        self.done += 1
        return {"done": self.done}


async def call(database: Database, work: Work, given: Call = CALL, now: datetime = NOW) -> Mapping[str, object]:
    async with database.transaction() as connection:
        return await once(connection, given, now, work)


async def test_the_first_answer_is_given_again_for_a_day(database: Database) -> None:
    work = Work()
    assert await call(database, work) == {"done": 1}
    assert await call(database, work, now=NOW + timedelta(hours=24)) == {"done": 1}
    assert await call(database, work, now=NOW + timedelta(hours=24, seconds=1)) == {"done": 2}


async def test_keys_of_others_and_of_other_operations_are_other_keys(database: Database) -> None:
    work = Work()
    others = [
        Call("agent:2", "correct", "k1", {}),
        Call("agent:1", "run", "k1", {}),
        Call("agent:1", "correct", "k2", {}),
    ]
    assert [await call(database, work, given) for given in [CALL, *others]] == [{"done": n} for n in (1, 2, 3, 4)]


async def test_the_same_key_with_another_input_is_refused(database: Database) -> None:
    work = Work()
    await call(database, work)
    with pytest.raises(Conflict):
        await call(database, work, Call("agent:1", "correct", "k1", {"value": "b"}))
    assert work.done == 1


async def test_work_that_failed_may_be_tried_again(database: Database) -> None:
    async def refuse() -> Mapping[str, object]:
        raise Invalid("no")

    with pytest.raises(Invalid):
        async with database.transaction() as connection:
            await once(connection, CALL, NOW, refuse)
    assert await call(database, Work()) == {"done": 1}


async def test_two_at_the_same_time_do_the_work_once(database: Database) -> None:
    work = Work()
    assert await asyncio.gather(*(call(database, work) for _ in range(4))) == [{"done": 1}] * 4
    assert work.done == 1


async def test_expired_keys_are_forgotten_in_batches_and_good_ones_stay(database: Database) -> None:
    work = Work()
    for number in range(3):
        await call(database, work, Call("agent:1", "correct", f"old {number}", {}), NOW)
    await call(database, work, Call("agent:1", "correct", "new", {}), NOW + timedelta(hours=1))
    later = NOW + timedelta(hours=24, seconds=1)
    async with database.transaction() as connection:
        assert [await forget_keys(connection, later, 2) for _ in range(3)] == [2, 1, 0]
    assert await call(database, work, Call("agent:1", "correct", "new", {}), later) == {"done": 4}
