"""What no API of Tryton allows: rows that become visible long after the instant they are stamped with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from hub.records.identity import ExternalId


@dataclass
class LongTransaction:
    """Parties that are written and stamped but not committed yet."""

    ids: Sequence[ExternalId]
    _transaction: asyncpg.transaction.Transaction
    open: bool = True

    async def commit(self) -> None:
        """Now they are there, stamped with the transaction's start, as Tryton's own imports are."""
        await self._transaction.commit()
        self.open = False


@asynccontextmanager
async def long_transaction(dsn: str, count: int) -> AsyncIterator[LongTransaction]:
    """`count` new parties straight into Tryton's database; rolled back at the end unless committed."""
    connection = await asyncpg.connect(dsn)
    transaction = connection.transaction()
    await transaction.start()
    rows = await connection.fetch(
        """INSERT INTO party_party (name, code, active, create_date, create_uid)
           SELECT 'Late ' || n, 'LATE-' || txid_current() || '-' || n, true, CURRENT_TIMESTAMP, 1
           FROM generate_series(1, $1) AS n RETURNING id""",
        count,
    )
    running = LongTransaction([ExternalId(str(row["id"])) for row in rows], transaction)
    try:
        yield running
    finally:
        if running.open:
            await transaction.rollback()
        await connection.close()


async def end_newest_session(dsn: str) -> None:
    """What a session's maximal age or an administrator does."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("DELETE FROM ir_session WHERE id = (SELECT max(id) FROM ir_session)")
    await connection.close()
