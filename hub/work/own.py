"""Do a piece of work here and now, as a worker would: for a command that a person waits for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import Clock
from hub.errors import HubError, Transient
from hub.store.engine import Database
from hub.work.decisions import Dead, Decision, Done, decide
from hub.work.leases import Leases
from hub.work.record import record
from hub.work.tables import Queue
from hub.work.work import LEASE_S, Work

_TAKE = text(
    """
    UPDATE dispatch
    SET state = 'RUNNING', attempts = attempts + 1, lease_owner = :owner,
        lease_until = CAST(:now AS timestamptz) + make_interval(secs => :lease_s)
    WHERE dedupe_key = :key AND state = 'READY'
    RETURNING id, kind, queue, line, payload, attempts, context
    """
)


async def take(connection: AsyncConnection, dedupe_key: str, owner: str, now: datetime) -> Work | None:
    """The work as an attempt of `owner`, which no worker gets then; None when it waits, or is at work already.

    In the transaction that dispatched it no relay has seen it yet.
    """
    binds = {"key": dedupe_key, "owner": owner, "now": now, "lease_s": LEASE_S}
    row = (await connection.execute(_TAKE, binds)).one_or_none()
    if row is None:
        return None
    return Work(row.id, row.kind, Queue(row.queue), row.line, row.payload, row.attempts, owner, row.context)


@asynccontextmanager
async def under_lease(database: Database, work: Work, clock: Clock) -> AsyncIterator[None]:
    """Hold taken work during the block and record its outcome; what is transient, workers try again later.

    When this process dies the lease runs out, and a worker goes on with the work.
    """
    leases = Leases()
    with leases.hold(work, LEASE_S):
        renewing = asyncio.create_task(_renew(database, leases, clock))
        try:
            yield
        except HubError as error:
            lasting = Dead(error.code, error.message)
            decision = decide(error, work.attempts, clock()) if isinstance(error, Transient) else lasting
            await _recorded(database, work, decision, clock)
            raise
        else:
            await _recorded(database, work, Done(), clock)
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)


async def _recorded(database: Database, work: Work, decision: Decision, clock: Clock) -> None:
    async with database.transaction() as connection:
        await record(connection, work, decision, clock())


async def _renew(database: Database, leases: Leases, clock: Clock) -> None:
    while True:
        await asyncio.sleep(LEASE_S / 3)
        async with database.transaction() as connection:
            await leases.renew(connection, clock())
