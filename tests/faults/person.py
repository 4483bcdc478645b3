"""A person who settles what the hub leaves to him: work under which workers died five times, which may have been its
fault, and creates of which nobody knows whether they happened."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from sqlalchemy import text

from hub.clock import utc_now
from hub.exchange.order import SEND
from hub.flows.stuck_work import WorkVerdict, retry_work, settle_work
from hub.store.engine import Database
from tests.faults.offices import made


async def settle_unknown(database: Database, register: Path) -> Counter[WorkVerdict]:
    """Look at the office itself: one that is there is DONE, one that is not is to be sent again."""
    there = set(made(register))
    settled: Counter[WorkVerdict] = Counter()
    async with database.transaction() as connection:
        rows = await connection.execute(
            text(
                """SELECT d.id, c.target, c.changes FROM dispatch d
                   JOIN outbound_command c ON c.id = CAST(d.payload->>'command' AS uuid)
                   WHERE d.kind = :kind AND d.state = 'UNKNOWN' AND c.state = 'UNKNOWN' AND c.operation = 'CREATE'"""
            ),
            {"kind": SEND},
        )
        for row in rows.all():
            name = next(change["new"] for change in row.changes if change["path"] == ["name"])
            verdict = WorkVerdict.DONE if (row.target, name) in there else WorkVerdict.SEND_AGAIN
            await settle_work(connection, [row.id], verdict, "looked there", "carla", utc_now())
            settled[verdict] += 1
    return settled


async def retry_given_up(database: Database) -> int:
    """As `hub work retry --code WORKER_LOST`; tells how many."""
    async with database.transaction() as connection:
        rows = await connection.scalars(
            text("SELECT id FROM dispatch WHERE state = 'DEAD' AND last_error_code = 'WORKER_LOST' ORDER BY id")
        )
        ids = rows.all()
        return await retry_work(connection, ids, "carla", utc_now()) if ids else 0
