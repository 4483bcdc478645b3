"""Order within a line under four workers, random retries and orders that come in while others run."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from contextlib import AsyncExitStack

import pytest

from hub.work.decisions import Decision, Done, RetryAt
from hub.work.tables import Queue, WorkState
from hub.work.work import NewWork, RegisteredHandler, Work
from tests.work.bench import START, Bench

pytestmark = pytest.mark.slow

LINES = ("a", "b", "c", None)
WORKERS = 4
ORDERS = 30


class Watcher:
    """A handler that retries now and then and notes who runs in a line, and whether somebody else did meanwhile."""

    def __init__(self, chance: random.Random) -> None:
        self.finished: dict[str | None, list[int]] = defaultdict(list)
        self.overtaken: list[int] = []
        self._chance = chance
        self._inside: set[str] = set()

    async def __call__(self, work: Work) -> Decision:
        if work.line is not None and work.line in self._inside:
            self.overtaken.append(work.id)
        self._inside.add(work.line or f"none {work.id}")
        for _ in range(self._chance.randrange(5)):
            await asyncio.sleep(0)
        self._inside.discard(work.line or f"none {work.id}")
        if self._chance.random() < 0.3:
            return RetryAt(START, "by chance")
        self.finished[work.line].append(work.id)
        return Done()


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
async def test_each_line_runs_in_the_order_of_dispatch(bench: Bench, seed: int) -> None:
    chance = random.Random(seed)
    watcher = Watcher(chance)
    handlers = {"test": RegisteredHandler(watcher, repeatable=True)}
    ordered: dict[str | None, list[int]] = defaultdict(list)

    async def order_some() -> None:
        for _ in range(ORDERS // 3):
            items = [NewWork("test", Queue.REALTIME, line=chance.choice(LINES)) for _ in range(chance.randint(1, 4))]
            for item, row_id in zip(items, await bench.order(*items), strict=True):
                ordered[item.line].append(row_id)

    async with AsyncExitStack() as stack:
        for _ in range(WORKERS):
            await stack.enter_async_context(bench.worker(handlers))
        await asyncio.gather(*[order_some() for _ in range(3)])
        await bench.reach(WorkState.DONE, *[row_id for ids in ordered.values() for row_id in ids])
    assert watcher.overtaken == []
    assert {line: ids for line, ids in watcher.finished.items() if line} == {
        line: sorted(ids) for line, ids in ordered.items() if line
    }
    assert sorted(watcher.finished[None]) == sorted(ordered[None])
