"""Who gets the next free slot."""

from __future__ import annotations

import asyncio

import pytest

from hub.flows.slots import Slots
from hub.work.urgency import Urgency

REALTIME, BULK = Urgency.REALTIME, Urgency.BULK


class Calls:
    """Calls that stay in their slots until they are ended."""

    def __init__(self, size: int) -> None:
        self._slots = Slots(size)
        self.under_way: list[str] = []
        self._ends: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def begin(self, name: str, urgency: Urgency) -> None:
        """Ask for a slot; `under_way` tells whether there was one."""
        self._ends[name] = asyncio.Event()
        self._tasks[name] = asyncio.create_task(self._call(name, urgency))
        await _settled()

    async def end(self, *names: str) -> None:
        """Give the slots back."""
        for name in names:
            self._ends[name].set()
        await _settled()

    async def give_up(self, name: str) -> None:
        """Cancel one, wherever it is."""
        self._tasks[name].cancel()
        await asyncio.gather(self._tasks[name], return_exceptions=True)
        await _settled()

    async def _call(self, name: str, urgency: Urgency) -> None:
        async with self._slots.one(urgency):
            self.under_way.append(name)
            await self._ends[name].wait()


async def _settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_no_more_than_its_size_are_under_way() -> None:
    calls = Calls(2)
    for name in ("a", "b", "c"):
        await calls.begin(name, REALTIME)
    assert calls.under_way == ["a", "b"]
    await calls.end("b")
    assert calls.under_way == ["a", "b", "c"]
    await calls.end("a", "c")


async def test_bulk_leaves_a_slot_to_real_time_work() -> None:
    calls = Calls(3)
    for name in ("b1", "b2", "b3"):
        await calls.begin(name, BULK)
    assert calls.under_way == ["b1", "b2"]
    await calls.begin("r1", REALTIME)
    assert calls.under_way == ["b1", "b2", "r1"]
    await calls.end("b1", "b2", "r1", "b3")


async def test_real_time_work_takes_the_next_free_slot_before_bulk_that_came_earlier() -> None:
    calls = Calls(1)
    await calls.begin("b1", BULK)
    await calls.begin("b2", BULK)
    await calls.begin("r1", REALTIME)
    await calls.end("b1")
    assert calls.under_way == ["b1", "r1"]
    await calls.end("r1")
    assert calls.under_way == ["b1", "r1", "b2"]
    await calls.end("b2")


@pytest.mark.parametrize("who", ["a", "b"])
async def test_who_is_cancelled_leaves_no_slot_behind(who: str) -> None:
    calls = Calls(1)
    await calls.begin("a", REALTIME)
    await calls.begin("b", REALTIME)
    await calls.give_up(who)
    await calls.begin("c", REALTIME)
    await calls.end("a", "b")
    assert calls.under_way[-1] == "c"
    await calls.end("c")
