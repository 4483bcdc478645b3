"""Keep the leases of what runs here, from a loop that no handler can hold up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.sets import run_set
from hub.work.work import Work

# A row that is locked is just being recorded as finished: to wait for it would let the other leases run out.
_RENEW = """
UPDATE dispatch SET lease_until = CAST(:now AS timestamptz) + make_interval(secs => mine.lease_s)
FROM (
    SELECT d.id, r.lease_s FROM json_to_recordset(CAST(:rows AS json)) AS r(id bigint, attempts int, lease_s float)
    JOIN dispatch d ON d.id = r.id AND d.state = 'RUNNING' AND d.attempts = r.attempts
    FOR UPDATE OF d SKIP LOCKED
) mine
WHERE dispatch.id = mine.id
"""


class Leases:
    """What this process runs now. Held on the handlers' loop, renewed on another."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[Work, float]] = {}

    @contextmanager
    def hold(self, work: Work, lease_s: float) -> Iterator[None]:
        """Renew the lease of `work` inside the block."""
        self._held[work.id] = (work, lease_s)
        try:
            yield
        finally:
            del self._held[work.id]

    async def renew(self, connection: AsyncConnection, now: datetime) -> None:
        """Extend every lease held to its full length from `now`."""
        held = list(self._held.values())
        rows = [{"id": work.id, "attempts": work.attempts, "lease_s": lease_s} for work, lease_s in held]
        if rows:
            await run_set(connection, _RENEW, rows, now=now)
