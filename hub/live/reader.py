"""One reader per process: follows the feed and gives each change to the mailboxes that want it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import NamedTuple

import asyncpg

from hub.errors import CursorTooOld, HubError, Transient
from hub.live.changes import CHANNEL, Place, numbered
from hub.live.generation import GENERATION, RENEW
from hub.live.mailbox import Mailbox
from hub.live.session import keep_session

_HEAD = f"""
SELECT greatest(position, (SELECT max(position) FROM change_feed)) AS head, {GENERATION} AS generation
  FROM feed_tail WHERE id = 1
"""  # noqa: S608  constant

_RENEW_ONCE = f"{RENEW} AND {GENERATION} = $1"
"""Of several processes that find out, one renews it."""

_AT = "SELECT position, topic, object_id, kind, at FROM change_feed WHERE position = $1"

_NEXT = """
SELECT position, topic, object_id, kind, at FROM change_feed
 WHERE position > $1 ORDER BY position LIMIT $2
"""


class Interest(NamedTuple):
    """One object of a topic, or with `object_id` None all of them."""

    topic: str
    object_id: str | None = None


class Reader:
    """Follows the feed for one process; `place` is the one up to which every mailbox has been served.

    The doorbell wakes it; `poll_s` is for rings lost with a connection. A new connection goes on from there, so a
    restart of the database loses and repeats nothing. After a restore every subscription ends with CursorTooOld.
    """

    def __init__(self, dsn: str, *, batch: int = 1_000, poll_s: float = 1.0) -> None:
        self.place = Place("", 0)
        self._newest: asyncpg.Record | None = None
        self._dsn = dsn
        self._batch = batch
        self._poll_s = poll_s
        self._mailboxes: dict[Interest, set[Mailbox]] = {}
        self._doorbell = asyncio.Event()
        self._started = asyncio.Event()
        self._stopped = False

    async def run(self) -> None:
        """Follow the feed until cancelled, which ends every subscription with Transient."""
        try:
            await keep_session(self._dsn, "contacthub-reader", self._serve)
        finally:
            self._stopped = True
            self._started.set()
            self._cut_off_all(_stopped())

    async def join(self, interest: Interest, mailbox: Callable[[Place], Mailbox]) -> Mailbox:
        """Deliver to `mailbox(place)` from now on, until it is given to `leave`.

        Waits for the first connection; raises Transient once the reader has stopped.
        """
        await self._started.wait()
        if self._stopped:
            raise _stopped()
        joined = mailbox(self.place)
        self._mailboxes.setdefault(interest, set()).add(joined)
        return joined

    def leave(self, interest: Interest, mailbox: Mailbox) -> None:
        """Deliver nothing more to a mailbox that joined under `interest`."""
        members = self._mailboxes[interest]
        members.remove(mailbox)
        if not members:
            del self._mailboxes[interest]

    async def _serve(self, connection: asyncpg.Connection) -> None:
        connection.add_termination_listener(self._ring)
        await connection.add_listener(CHANNEL, self._ring)
        loop = asyncio.get_running_loop()
        next_look = 0.0
        while True:
            if loop.time() >= next_look:
                await self._see_where(connection)
                self._started.set()
                next_look = loop.time() + self._poll_s
            self._doorbell.clear()
            while await self._read_batch(connection) == self._batch:
                pass
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._poll_s):
                    await self._doorbell.wait()

    async def _see_where(self, connection: asyncpg.Connection) -> None:
        head, generation = await connection.fetchrow(_HEAD)
        if self._started.is_set():
            if await self._goes_on(connection, Place(generation, head)):
                return
            # The database was restored: its positions mean other changes than the ones delivered.
            await connection.execute(_RENEW_ONCE, self.place.generation)
            head, generation = await connection.fetchrow(_HEAD)
        newest = await connection.fetchrow(_AT, head)
        # No await from here on: who joins is cut off or begins here.
        self._cut_off_all(CursorTooOld())
        self.place, self._newest = Place(generation, head), newest

    async def _goes_on(self, connection: asyncpg.Connection, now: Place) -> bool:
        """Whether the feed is still the one that was delivered; what retention removed is not asked for."""
        if now < self.place or now.generation != self.place.generation:
            return False
        same = await connection.fetchrow(_AT, self.place.position)
        return same is None or same == self._newest

    def _ring(self, *_: object) -> None:
        self._doorbell.set()

    async def _read_batch(self, connection: asyncpg.Connection) -> int:
        rows = await connection.fetch(_NEXT, self.place.position, self._batch)
        # No await from here on: whoever joins sees `place` and the mailboxes agree.
        if rows and rows[0]["position"] != self.place.position + 1:
            # Retention removed changes before they were read here, so no subscriber has had them.
            self._cut_off_all(CursorTooOld())
        for row in rows:
            topic, object_id = row["topic"], row["object_id"]
            members = [*self._mailboxes.get(Interest(topic, object_id), ()), *self._mailboxes.get(Interest(topic), ())]
            if members:
                change = numbered(self.place.generation, row)
                for mailbox in members:
                    mailbox.put(change)
        if rows:
            self._newest = rows[-1]
            self.place = Place(self.place.generation, self._newest["position"])
        return len(rows)

    def _cut_off_all(self, error: HubError) -> None:
        for members in self._mailboxes.values():
            for mailbox in members:
                mailbox.cut_off(error)


def _stopped() -> Transient:
    return Transient("this process no longer follows the change feed; subscribe again with the last cursor")
