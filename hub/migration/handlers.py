"""The work of migrations, as the dispatch table calls it by kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from uuid import UUID

from hub.errors import StaleEpoch, Transient
from hub.flows.runs import RUN_COMPLETED
from hub.migration.advance import advance
from hub.migration.comparing import MigrationRoom
from hub.migration.reconcile import replay, restore
from hub.migration.stored import watched
from hub.migration.work import ADVANCE, REPLAY, RESTORE
from hub.work.decisions import Decision, Done
from hub.work.work import Handlers, RegisteredHandler, Work


class MigrationHandlers:
    """Handlers over one room; `stopping` turns true when the worker wants long work to pause."""

    def __init__(self, room: MigrationRoom, stopping: Callable[[], bool] = lambda: False) -> None:
        self._room = room
        self._stopping = stopping

    def registered(self) -> Handlers:
        """All repeatable: each finds out from the rows what is still to be done."""
        return {
            RUN_COMPLETED: RegisteredHandler(self.run_completed, repeatable=True),
            ADVANCE: RegisteredHandler(self.advance, repeatable=True),
            REPLAY: RegisteredHandler(self.replay, repeatable=True),
            RESTORE: RegisteredHandler(self.restore, repeatable=True),
        }

    async def run_completed(self, work: Work) -> Decision:
        """A run of a flow under migration ended: a window may open, or may be passed by now."""
        async with self._room.engine.database.reading() as connection:
            found = await watched(connection, str(work.payload["flow"]))
        await self._advance(found)
        return Done()

    async def advance(self, work: Work) -> Decision:
        """Look at one migration."""
        await self._advance([_migration(work)])
        return Done()

    async def replay(self, work: Work) -> Decision:
        """Reconcile after a cut-over."""
        # Refused under a stale epoch means taken back meanwhile: there is nothing left to reconcile here.
        with suppress(StaleEpoch):
            await replay(self._room, _migration(work), self._stopping)
        await self._advance([_migration(work)])
        return Done()

    async def restore(self, work: Work) -> Decision:
        """Reconcile after a rollback."""
        await restore(self._room, _migration(work), self._stopping)
        await self._advance([_migration(work)])
        return Done()

    async def _advance(self, migrations: Iterable[UUID]) -> None:
        for migration in migrations:
            if self._stopping():
                raise Transient("the migration goes on later: the worker is stopping")
            await advance(self._room, migration)


def _migration(work: Work) -> UUID:
    return UUID(str(work.payload["migration"]))
