"""Engines, connections and transactions. One engine per event loop: asyncpg connections belong to their loop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from hub.store.begun import commit, give_back
from hub.store.doorbell import Doorbell, wanted_rings

RETRIED_STATES = frozenset({"40001", "40P01"})
"""SQLSTATE of a serialization failure and of a deadlock: the transaction did nothing and may be run again."""

STATEMENTS_KEPT: Final = 400
"""Per connection; a worker has over a hundred, and one that is forgotten costs a round trip and a plan each time."""


def open_engine(dsn: str, pool_size: int = 8, statement_timeout_ms: int = 0, name: str = "contacthub") -> AsyncEngine:
    """An engine for the running event loop; `dsn` is any postgresql:// URL, 0 means no statement timeout.

    `jit` is off: compiling a statement costs more than any of ours runs.
    """
    url = make_url(dsn).set(drivername="postgresql+asyncpg")
    server_settings = {
        "application_name": name,
        "jit": "off",
        "timezone": "UTC",
        "statement_timeout": str(statement_timeout_ms),
    }
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        # The connection that was used last has its statements prepared and its caches warm.
        pool_use_lifo=True,
        pool_pre_ping=False,
        pool_timeout=30,
        # A driver's error would quote the values of the statement, personal data among them.
        hide_parameters=True,
        connect_args={
            "server_settings": server_settings,
            "timeout": 10,
            "prepared_statement_cache_size": STATEMENTS_KEPT,
            # The driver's own, for statements past SQLAlchemy (`hub.store.rows`), kept as long as the connection.
            "statement_cache_size": STATEMENTS_KEPT,
            "max_cached_statement_lifetime": 0,
        },
    )


class Database:
    """The store as one event loop sees it; commit happens only when a `transaction` block ends well."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._doorbell = Doorbell(engine)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A read-write transaction at READ COMMITTED: committed at the end of the block, rolled back by an error.

        What it asked to be rung (`ring_after_commit`) is rung behind the commit, without anybody waiting for it.
        """
        connection = await self.engine.connect()
        try:
            if connection.sync_connection is not None:
                connection.sync_connection.begin()
            yield connection
            await commit(connection)
            wanted = wanted_rings(connection)
            give_back(connection)
        except BaseException:
            await connection.__aexit__(None, None, None)  # rolls back, whatever else is cancelled meanwhile
            raise
        self._doorbell.ring(wanted)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A read-only transaction at REPEATABLE READ, so that several statements see one moment."""
        async with self.engine.connect() as connection:
            yield await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            await connection.rollback()

    @asynccontextmanager
    async def at_once(self) -> AsyncIterator[AsyncConnection]:
        """Each statement commits by itself: no lock outlives it, however busy this event loop is."""
        async with self.engine.connect() as connection:
            yield await connection.execution_options(isolation_level="AUTOCOMMIT")

    async def aclose(self) -> None:
        """Close every pooled connection; on the loop the engine was opened on."""
        await self._doorbell.aclose()
        await self.engine.dispose()


def is_worth_repeating(error: DBAPIError) -> bool:
    """True for a transaction that PostgreSQL gave up in favour of another one and that left nothing behind."""
    return getattr(error.orig, "sqlstate", None) in RETRIED_STATES
