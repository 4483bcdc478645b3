"""Number the changes that have committed.

A number taken inside the business transaction would not do: a transaction that commits late would put its number in
front of readers who have passed it. Nor would "everything below the oldest running transaction": that horizon belongs
to the whole cluster and waits for any long transaction in it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import asyncpg

from hub.live.changes import CHANNEL, PUBLISHED
from hub.live.floor import Floor
from hub.live.session import keep_session

_ANY = "SELECT EXISTS (SELECT FROM change_pending WHERE id > $1)"

_TURN = "SELECT position FROM feed_tail WHERE id = 1 FOR UPDATE"

# One snapshot for the whole statement: the range holds exactly the rows that the inner select counted, and rows that
# commit meanwhile, with whatever id, wait for the next turn. Everything before this turn is visible because the
# statement starts after the lock was given, and a lock is given up after its holder's rows are visible.
_MOVE = """
WITH taken AS (
  DELETE FROM change_pending
   WHERE id > $1
     AND id <= (SELECT max(id) FROM (SELECT id FROM change_pending WHERE id > $1 ORDER BY id LIMIT $2) AS batch)
  RETURNING id, topic, object_id, kind, at
), numbered AS (
  INSERT INTO change_feed (position, topic, object_id, kind, at)
  SELECT greatest($3, (SELECT max(position) FROM change_feed)) + row_number() OVER (ORDER BY id),
         topic, object_id, kind, at
    FROM taken
  RETURNING position
)
SELECT count(*) AS moved, (SELECT max(id) FROM taken) AS top,
       CASE WHEN count(*) > 0 THEN pg_notify($4, max(position)::text) END
  FROM numbered
"""

_PACE = "SELECT pg_try_advisory_lock(hashtext('contacthub.sequencer.pace'))"


WATCH_EVERY_S = 0.2
GATHER_S = 0.003
"""Pause after a ring, so that many commits make one turn."""


@dataclass(frozen=True, slots=True)
class Turn:
    """How many rows a turn numbered, and the highest pending id among them."""

    moved: int
    top: int | None


NOTHING = Turn(0, None)


class Sequencer:
    """Gives committed changes their positions: 1, 2, 3 ... without a gap, in the order in which readers see them.

    Any number may run. Turns are taken by row lock; the session lock only decides who looks when it is rung, or every
    `poll_s` for what nobody rang for, and who every `standby_s`, so a holder that hangs costs the feed some speed and
    nothing else.
    """

    def __init__(self, dsn: str, *, batch: int = 1_000, poll_s: float = 0.05, standby_s: float = 0.25) -> None:
        self._dsn = dsn
        self._batch = batch
        self._poll_s, self._standby_s = poll_s, standby_s

    async def run(self) -> None:
        """Number changes until cancelled; outlives restarts of the database."""
        await keep_session(self._dsn, "contacthub-sequencer", self._serve)

    async def _serve(self, connection: asyncpg.Connection) -> None:
        loop = asyncio.get_running_loop()
        floor = Floor()
        leading = False
        bell = asyncio.Event()
        await connection.add_listener(PUBLISHED, lambda *_: bell.set())
        next_watch = loop.time()
        while True:
            if loop.time() >= next_watch:
                await floor.watch(connection)
                leading = leading or await connection.fetchval(_PACE)
                next_watch = loop.time() + WATCH_EVERY_S
            turn = NOTHING
            if await connection.fetchval(_ANY, floor.id):
                turn = await take_turn(connection, floor.id, self._batch)
            emptied = turn.moved < self._batch
            floor.rise(None if emptied else turn.top)
            if emptied:
                await self._pause(bell, leading=leading)

    async def _pause(self, bell: asyncio.Event, *, leading: bool) -> None:
        if not leading:
            await asyncio.sleep(self._standby_s)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(self._poll_s):
                await bell.wait()
            await asyncio.sleep(GATHER_S)
        bell.clear()


async def take_turn(connection: asyncpg.Connection, floor: int = 0, limit: int = 1_000) -> Turn:
    """Number up to `limit` pending rows above the id `floor`, lowest ids first.

    The transaction has committed when this returns, and the notification of CHANNEL went out with it.
    """
    async with connection.transaction():
        tail = await connection.fetchval(_TURN)
        row = await connection.fetchrow(_MOVE, floor, limit, tail, CHANNEL)
    return Turn(row["moved"], row["top"])
