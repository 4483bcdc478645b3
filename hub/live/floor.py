"""Where the sequencer may start looking, so that rows it has taken do not slow it down."""

from __future__ import annotations

import asyncpg

# is_called is false until the first id is given; last_value is 1 then too, but no row has it yet.
_LAST_ID = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM change_pending_id_seq"

_WRITERS = """
SELECT virtualtransaction FROM pg_locks
 WHERE locktype = 'relation' AND relation = 'change_pending'::regclass AND mode = 'RowExclusiveLock'
   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND pid IS DISTINCT FROM pg_backend_pid()
"""


class Floor:
    """An id that every row still to come is above; one per session.

    Taken rows stay in the index as dead entries for as long as any transaction of this database might see them; behind
    a backup of an hour that is millions, and a search from the start would step over all of them each time. Ids are not
    given in commit order, so the newest taken id is no floor. But whoever writes to change_pending holds a lock on it
    *before* it gets an id and until it ends: once all who held the lock when the last id was M have ended, and what
    they committed is taken, nothing at or below M can appear any more.
    """

    def __init__(self) -> None:
        self.id = 0
        self._reached = 0
        self._mark = 0
        self._writers: frozenset[str] | None = None

    async def watch(self, connection: asyncpg.Connection) -> None:
        """See who is still writing; call outside a transaction, a few times a second."""
        last_id: int = await connection.fetchval(_LAST_ID)
        # Only now: a transaction that got an id by then and has not ended is sure to be among the writers.
        writers = frozenset(row[0] for row in await connection.fetch(_WRITERS))
        if self._writers is not None and self._writers.isdisjoint(writers):
            self._reached = self._mark
            self._writers = None
        if self._writers is None:
            self._mark, self._writers = last_id, writers

    def rise(self, taken_up_to: int | None) -> None:
        """After a turn that began after `watch`: it took every row visible up to this id, or all there were (None).

        Following the turns, and not only the last id of a backlog, keeps a long backlog from being stepped over again
        and again while it is worked off.
        """
        passed = self._reached if taken_up_to is None else min(taken_up_to, self._reached)
        self.id = max(self.id, passed)
