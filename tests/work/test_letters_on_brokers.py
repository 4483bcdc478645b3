"""Rows that share a message run at once, whatever the broker, and each has its own outcome."""

from __future__ import annotations

import asyncio

import pytest

from hub.work.decisions import Dead, Decision, Done
from hub.work.tables import Queue, WorkState
from hub.work.work import RegisteredHandler, Work
from tests.work.bench import Bench, realtime

pytestmark = pytest.mark.slow

THREADS = 2
MEET = THREADS * 3


class Meeting:
    """A handler that goes on when more have come than there are threads; every third row is refused."""

    def __init__(self) -> None:
        self.inside = 0
        self.met = asyncio.Event()

    async def __call__(self, work: Work) -> Decision:
        self.inside += 1
        if self.inside == MEET:
            self.met.set()
        await self.met.wait()
        return Dead("REFUSED", "no") if work.id % 3 == 0 else Done()


async def test_rows_that_are_dealt_with_together_share_a_message_and_no_outcome(bench: Bench) -> None:
    meeting = Meeting()
    handlers = {"test": RegisteredHandler(meeting, repeatable=True, together=True)}
    ids = await bench.order(*[realtime() for _ in range(MEET)])
    async with bench.worker(handlers, {Queue.REALTIME: THREADS}):
        await bench.reach(WorkState.DONE, *[row_id for row_id in ids if row_id % 3])
        await bench.reach(WorkState.DEAD, *[row_id for row_id in ids if row_id % 3 == 0])
    assert meeting.inside == MEET
