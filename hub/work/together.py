"""Deal with many things at the price of one: what comes while one batch is dealt with makes up the next.

Nobody waits for a batch to fill. Alone, a thing is dealt with at once; under load the batches grow by themselves.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(slots=True)
class _Waiting(Generic[Item, Answer]):
    item: Item
    answer: asyncio.Future[Answer]
    context: Context = field(default_factory=copy_context)


class Together(Generic[Item, Answer]):
    """One batch at a time, of at most `most`, on one event loop; `deal` answers in the order of its items.

    A batch that fails fails everybody in it, or with `apart` is dealt with one by one, so that each has its own error.
    Whoever is cancelled while he waits is left out; a batch under way goes on. A batch has the context of its first.
    """

    def __init__(
        self, deal: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]], *, most: int, apart: bool = False
    ) -> None:
        self._deal = deal
        self._most = most
        self._apart = apart
        self._waiting: deque[_Waiting[Item, Answer]] = deque()
        self._dealing: asyncio.Task[None] | None = None

    async def __call__(self, item: Item) -> Answer:
        """The answer to this one, or its error."""
        waiting = _Waiting[Item, Answer](item, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._dealing is None or self._dealing.done():
            self._dealing = asyncio.create_task(self._all(), name="together")
        return await waiting.answer

    async def _all(self) -> None:
        while self._waiting:
            taken = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
            batch = [one for one in taken if not one.answer.done()]
            if batch:
                await asyncio.create_task(self._batch(batch), context=batch[0].context)

    async def _batch(self, batch: Sequence[_Waiting[Item, Answer]]) -> None:
        try:
            answers = await self._deal([one.item for one in batch])
            answered = list(zip(batch, answers, strict=True))
        except Exception as error:  # noqa: BLE001 - it is raised where each of the batch waits
            if self._apart and len(batch) > 1:
                for one in batch:
                    await self._batch([one])
                return
            for one in batch:
                if not one.answer.done():
                    one.answer.set_exception(error)
        except BaseException:
            for one in batch:
                one.answer.cancel()
            raise
        else:
            for one, answer in answered:
                if not one.answer.done():
                    one.answer.set_result(answer)
