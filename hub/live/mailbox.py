"""What waits for one subscriber."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from hub.errors import HubError, SlowSubscriber
from hub.live.changes import NumberedChange, Place


class Mailbox:
    """A bounded queue in order of position. Filled by the reader, emptied by one consumer, on one event loop.

    `latest_only` keeps one entry per object, the newest: right where a change says only "read again". Such a mailbox
    for one object can never be full. Any other that is full is cut off: what it held is dropped, the table has it.
    """

    def __init__(self, after: Place, capacity: int, latest_only: bool) -> None:
        self.began = after
        """Changes up to here are not this mailbox's; `put` ignores them."""
        self._taken = after
        self._capacity = capacity
        self._latest_only = latest_only
        self._waiting: OrderedDict[tuple[str, str] | int, NumberedChange] = OrderedDict()
        self._arrived = asyncio.Event()
        self._ended: HubError | None = None

    @property
    def idle(self) -> bool:
        """True when everything delivered so far has been taken, and more will come."""
        return not self._waiting and self._ended is None

    def put(self, change: NumberedChange) -> None:
        """Never waits: a subscriber must not hold up the others."""
        if self._ended is not None or change.position <= self.began.position:
            return
        key = (change.topic, change.object_id) if self._latest_only else change.position
        self._waiting.pop(key, None)
        if len(self._waiting) >= self._capacity:
            self.cut_off(SlowSubscriber(self._taken.cursor))
            return
        self._waiting[key] = change
        self._arrived.set()

    def cut_off(self, error: HubError) -> None:
        """The next `take` raises `error`; what waited is gone. Only the first call counts."""
        if self._ended is None:
            self._ended = error
            self._waiting.clear()
            self._arrived.set()

    async def take(self) -> NumberedChange:
        """The oldest change that waits, waiting for one; raises what the mailbox was cut off with."""
        while not self._waiting:
            if self._ended is not None:
                raise self._ended
            self._arrived.clear()
            await self._arrived.wait()
        _, change = self._waiting.popitem(last=False)
        self._taken = change.place
        return change
