"""An event loop on a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from threading import Thread
from typing import TypeVar

Answer = TypeVar("Answer")


class LoopThread:
    """Runs coroutines for other threads; Dramatiq's own is one per program, and two workers then share it unawares.

    asyncio's loop: uvloop's waits in `close` for whatever is still open, and a worker that stops then never ends.
    """

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = Thread(target=self.loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[object, object, Answer]) -> Answer:
        """The answer of `work`; blocks the calling thread, which must not be the loop's."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    async def run_from(self, work: Coroutine[object, object, Answer]) -> Answer:
        """The answer of `work`, awaited on another loop."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self.loop))

    def close(self) -> None:
        """Stop the loop and free it; whatever still runs on it is dropped."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        # Connections that were cut off close their sockets in the loop's next turn.
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()
