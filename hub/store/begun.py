"""Transactions begun and committed by the driver itself, on a connection that is SQLAlchemy's.

SQLAlchemy's bookkeeping is kept as it would be; what is spared are its switches between greenlets, which cost several
times what a short transaction does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

FAILED: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


def begun(connection: AsyncConnection) -> asyncpg.Connection | None:
    """The driver's connection while a transaction is under way on it.

    It begins with the first statement, so before that there is none, and under AUTOCOMMIT never.
    """
    adapter = _adapter(connection)
    if adapter is None:
        return None
    driver = adapter.driver_connection
    return driver if isinstance(driver, asyncpg.Connection) and driver.is_in_transaction() else None


async def begin(connection: AsyncConnection) -> asyncpg.Connection | None:
    """As `begun`, having begun it; None where that is for SQLAlchemy: under AUTOCOMMIT, or because it failed."""
    driver = begun(connection)
    adapter = None if driver is not None else _adapter(connection)
    if adapter is None or adapter.autocommit or not isinstance(adapter.driver_connection, asyncpg.Connection):
        return driver
    try:
        await adapter._start_transaction()
    except Exception:  # noqa: BLE001  SQLAlchemy meets it again, and knows what to do with a connection that is gone
        return None
    except BaseException:
        await _give_up(connection)
        raise
    if connection.sync_connection is not None and not connection.sync_connection.in_transaction():
        connection.sync_connection.begin()
    return begun(connection)


async def commit(connection: AsyncConnection) -> None:
    """Commit what was begun, if anything was; raises DBAPIError as SQLAlchemy does."""
    adapter, sync_connection = _adapter(connection), connection.sync_connection
    transaction = None if adapter is None else adapter._transaction
    if adapter is not None and transaction is not None:
        try:
            await transaction.commit()
        except FAILED as error:
            gone = adapter.driver_connection.is_closed()
            if gone:
                await connection.invalidate()
            raise DBAPIError("COMMIT", None, error, hide_parameters=True, connection_invalidated=gone) from error
        except BaseException:
            await _give_up(connection)
            raise
        finally:
            adapter._transaction = None
    known = None if sync_connection is None else sync_connection.get_transaction()
    if known is not None:
        known.commit()  # nothing is left that would have to be awaited


async def _give_up(connection: AsyncConnection) -> None:
    """Cancelled where nobody knows what the server did: whoever got it next might write into a transaction that nothing
    ends."""
    await connection.invalidate()


def give_back(connection: AsyncConnection) -> None:
    """To the pool at once; for a connection on which nothing is under way."""
    if connection.sync_connection is not None:
        connection.sync_connection.close()


@asynccontextmanager
async def straight_from_pool(engine: AsyncEngine) -> AsyncIterator[asyncpg.Connection]:
    """The driver's connection without a transaction: each statement commits by itself.

    Raises SQLAlchemyError where none can be had, and what the driver raises.
    """
    connection = await engine.connect()
    try:
        yield _adapter(connection).driver_connection
        give_back(connection)
    except BaseException:
        await connection.invalidate()
        await connection.__aexit__(None, None, None)
        raise


def _adapter(connection: AsyncConnection) -> Any:  # Any: SQLAlchemy's adapter of asyncpg, which it leaves untyped
    sync_connection = connection.sync_connection
    if sync_connection is None or sync_connection.closed or sync_connection.invalidated:
        return None
    return sync_connection.connection.dbapi_connection
