"""The source's clock: the instant at which Tryton's database would stamp a change made now.

Tryton stamps with its database's transaction start, in microseconds, and offers no call that tells the time. But a
model built on a query instead of a table has no stamps of its own, and Tryton fills `last_modified_at` there with the
database's CURRENT_TIMESTAMP (`ModelSQL.column_last_modified_at`). `sale.reporting.region.tree` is such a model and is
never empty: its rows are the regions of the world that the module `country` brings. Reading one row of it therefore
reads the stamping clock itself, changes nothing, and takes a few milliseconds.

Without the module `sale` (a Tryton used for campaigns only) or the right to read that model, the `Date` header stands
in: whole seconds, rounded down, and the application server's clock, which must not run ahead of the database's.
"""

from __future__ import annotations

from datetime import datetime

from adapters.tryton.session import Session
from adapters.tryton.wire import instant
from hub.errors import Rejected, Unauthorised

_CLOCK = "sale.reporting.region.tree"


class SourceClock:
    """Reads the clock; finds out once which way this Tryton allows."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._has_database_clock = True

    async def now(self) -> datetime:
        """Aware, UTC, and never later than the clock that stamps."""
        if self._has_database_clock:
            moment = await self._database_clock()
            if moment is not None:
                return moment
        moment = await self._session.server_date()
        # Only now it is certain that the model was refused and not the login.
        self._has_database_clock = False
        return moment

    async def _database_clock(self) -> datetime | None:
        try:
            rows = await self._session.search(_CLOCK, [], ["last_modified_at"], limit=1)
        except (Rejected, Unauthorised):
            return None
        return instant(rows[0]["last_modified_at"]) if rows else None
