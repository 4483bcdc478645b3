"""What comes while a batch is dealt with makes up the next, and each gets his own answer or his own error."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from contextvars import ContextVar

import pytest

from hub.work.together import Together
from tests.waiting import until

WHO: ContextVar[str] = ContextVar("who", default="nobody")


class Till:
    """Deals when it is told to, and keeps what came together."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.contexts: list[str] = []
        self.opens = asyncio.Event()

    async def deal(self, items: Sequence[int]) -> list[int]:
        self.batches.append(list(items))
        self.contexts.append(WHO.get())
        await self.opens.wait()
        if 13 in items:
            raise ValueError(f"of {len(items)}")
        return [item * 10 for item in items]


async def _begun(till: Till) -> None:
    async def begun() -> bool:
        return bool(till.batches)

    await until(begun, what="the first batch is dealt with")


async def test_one_alone_waits_for_nobody_and_those_behind_him_come_together() -> None:
    till = Till()
    together = Together(till.deal, most=3)
    first = asyncio.create_task(together(1))
    await _begun(till)
    others = [asyncio.create_task(together(number)) for number in range(2, 7)]
    await asyncio.sleep(0)
    till.opens.set()
    assert await asyncio.gather(first, *others) == [10, 20, 30, 40, 50, 60]
    assert till.batches == [[1], [2, 3, 4], [5, 6]]


async def test_a_failed_batch_fails_everybody_in_it_and_nobody_behind() -> None:
    till = Till()
    till.opens.set()
    together = Together(till.deal, most=2)
    answers = await asyncio.gather(*(together(number) for number in (1, 13, 3)), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["of 2", "of 2", "30"]


async def test_apart_only_the_one_at_fault_fails() -> None:
    till = Till()
    till.opens.set()
    together = Together(till.deal, most=10, apart=True)
    answers = await asyncio.gather(*(together(number) for number in (1, 13, 3)), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["10", "of 1", "30"]
    assert till.batches == [[1, 13, 3], [1], [13], [3]]


async def test_who_is_cancelled_while_he_waits_is_left_out() -> None:
    till = Till()
    together = Together(till.deal, most=10)
    first = asyncio.create_task(together(1))
    await _begun(till)
    gone, stays = asyncio.create_task(together(2)), asyncio.create_task(together(3))
    await asyncio.sleep(0)
    gone.cancel()
    with suppress(asyncio.CancelledError):
        await gone
    till.opens.set()
    assert list(await asyncio.gather(first, stays)) == [10, 30]
    assert till.batches == [[1], [3]]


async def test_a_batch_knows_whose_it_is() -> None:
    till = Till()
    till.opens.set()
    together = Together(till.deal, most=10)

    async def by(name: str, number: int) -> int:
        WHO.set(name)
        return await together(number)

    await asyncio.create_task(by("anna", 1))
    await asyncio.create_task(by("ben", 2))
    assert till.contexts == ["anna", "ben"]


async def test_an_answer_that_is_missing_is_an_error() -> None:
    async def deal(items: Sequence[int]) -> list[int]:
        return [1 for _ in items[1:]]

    with pytest.raises(ValueError, match="zip"):
        await asyncio.wait_for(Together(deal, most=10)(1), 1)
