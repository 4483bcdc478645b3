"""Work that a command does itself: no worker has it meanwhile, and its outcome stands in its row."""

from __future__ import annotations

import pytest

from hub.errors import Invalid, Transient
from hub.work.decisions import Done
from hub.work.dispatch import dispatch
from hub.work.own import take, under_lease
from hub.work.tables import WorkState
from hub.work.work import Work
from tests.work.bench import Bench, Script, realtime


async def taken(bench: Bench, key: str = "k") -> Work:
    async with bench.database.transaction() as connection:
        await dispatch(connection, [realtime("a", dedupe_key=key)], bench.time())
        work = await take(connection, key, "me", bench.time())
    assert isinstance(work, Work)
    return work


async def fail(bench: Bench, work: Work, error: Exception) -> None:
    async with under_lease(bench.database, work, bench.time):
        raise error


async def test_no_worker_gets_it_and_its_line_moves_on_afterwards(quiet_bench: Bench) -> None:
    work = await taken(quiet_bench)
    [behind] = await quiet_bench.order(realtime("a"))
    script = Script(Done())
    async with quiet_bench.worker(script.registered()):
        async with under_lease(quiet_bench.database, work, quiet_bench.time):
            async with quiet_bench.database.transaction() as connection:
                assert await take(connection, "k", "somebody else", quiet_bench.time()) is None
            assert await quiet_bench.states(work.id, behind) == [WorkState.RUNNING, WorkState.WAITING]
        await quiet_bench.reach(WorkState.DONE, work.id, behind)
    assert [call.id for call in script.calls] == [behind]


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Transient("the package is away"), WorkState.READY),
        (Invalid("no"), WorkState.DEAD),
        (KeyError("x"), WorkState.RUNNING),
    ],
)
async def test_its_failure_is_recorded_and_a_crash_left_to_the_lease(
    quiet_bench: Bench, error: Exception, state: WorkState
) -> None:
    work = await taken(quiet_bench)
    with pytest.raises(type(error)):
        await fail(quiet_bench, work, error)
    assert await quiet_bench.states(work.id) == [state]
