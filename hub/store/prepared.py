"""Reads that are one statement each, prepared once per connection: no round trip but the statement's own."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import Any, Final

import asyncpg
from sqlalchemy import PoolProxiedConnection
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.errors import Transient

STATEMENTS_KEPT: Final = 50
"""Per connection; each holds its plan in the server's memory, some hundred kilobytes for a whole view."""

WAIT_S: Final = 30.0

_PREPARING: Final = (
    "SET default_transaction_read_only = on; SET plan_cache_mode = force_generic_plan; SET random_page_cost = 1.1"
)
"""A view of fifteen lists takes longer to plan than to run, and its parameters are keys. A list has a few rows: what a
bitmap or a sort costs to begin is more than it spares."""


class PreparedReads:
    """Connections of their own beside the engine's pool, opened like its; at most `size`, each when it is needed.

    `opened` is told of each before it is used: behind it may be another database than before, after a restart or a
    change of servers.
    """

    def __init__(self, engine: AsyncEngine, size: int, opened: Callable[[], None] = lambda: None) -> None:
        self._engine = engine
        self._announce = opened
        self._idle: list[_Connection] = []
        self._unopened = size
        self._waiting: deque[asyncio.Future[_Connection | None]] = deque()
        self._open: set[_Connection] = set()
        self._generation = 0

    async def fetch(self, sql: str, arguments: Sequence[object]) -> list[Any]:  # Any: asyncpg's records
        """The rows; asked for once more where the connection broke, for a read may be repeated.

        Raises asyncpg.PostgresError for what is wrong with the statement and ValueError for what is with its values;
        Transient when the database is away or takes longer than is allowed.
        """
        try:
            return await self._fetched(sql, arguments)
        except _Broken:
            self._drop_idle()
        try:
            return await self._fetched(sql, arguments)
        except _Broken:
            raise Transient("the hub's database broke the connection; try again", retry_after_s=5) from None

    async def _fetched(self, sql: str, arguments: Sequence[object]) -> list[Any]:
        connection = await self._taken()
        kept: _Connection | None = None
        try:
            rows = await connection.fetch(sql, arguments)
            kept = connection
            return rows
        except asyncpg.QueryCanceledError:
            kept = connection
            raise Transient("the request took longer than is allowed; ask for less") from None
        except _Broken:
            if connection.generation == self._generation:
                self._generation += 1
            raise
        except (asyncpg.PostgresError, ValueError):
            kept = None if connection.closed else connection
            raise
        finally:
            # What was cut off in the middle of a statement is not used again.
            if kept is None:
                self._open.discard(connection)
                connection.terminate()
            self._give(kept)

    def _drop_idle(self) -> None:
        """Those that are no younger than one that broke: after a restart of the database each would break once."""
        old = [each for each in self._idle if each.generation < self._generation]
        self._idle = [each for each in self._idle if each.generation == self._generation]
        for connection in old:
            self._open.discard(connection)
            connection.terminate()
            self._give(None)

    async def aclose(self) -> None:
        """Close every connection."""
        await asyncio.gather(*(connection.aclose() for connection in self._open), return_exceptions=True)
        self._open.clear()

    async def _taken(self) -> _Connection:
        if self._idle:
            return self._idle.pop()
        if self._unopened:
            self._unopened -= 1
            return await self._opened()
        return await self._given() or await self._opened()

    async def _given(self) -> _Connection | None:
        """What the next one gives back, in the order of asking: a connection, or the place of one that is closed."""
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[_Connection | None] = loop.create_future()
        self._waiting.append(waiting)
        patience = loop.call_later(WAIT_S, _give_up, waiting)
        try:
            return await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled() and waiting.exception() is None:
                self._give(waiting.result())
            raise
        finally:
            patience.cancel()

    def _give(self, kept: _Connection | None) -> None:
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(kept)
                return
        if kept is None:
            self._unopened += 1
        else:
            self._idle.append(kept)

    async def _opened(self) -> _Connection:
        connection: _Connection | None = None
        try:
            connection = await _detached(self._engine, self._generation)
        except _NOT_OPENED:
            raise Transient("the hub's database does not answer; try again", retry_after_s=5) from None
        finally:
            # The place is free again for the next one, also where the caller was cancelled meanwhile.
            if connection is None:
                self._give(None)
        self._open.add(connection)
        self._announce()
        return connection


def _give_up(waiting: asyncio.Future[_Connection | None]) -> None:
    if not waiting.done():
        waiting.set_exception(Transient("too many requests are under way; try again", retry_after_s=1))


async def _detached(engine: AsyncEngine, generation: int) -> _Connection:
    """A connection made as the engine makes its own, and no longer the engine's.

    After a restart of the database the engine still has those of before, until it finds each of them closed.
    """
    while True:
        holder = await engine.raw_connection()
        driver: Any = holder.driver_connection
        holder.detach()
        connection = _Connection(holder, driver, generation)
        if not connection.closed:
            break
    try:
        await driver.execute(_PREPARING)
    except BaseException:
        connection.terminate()
        raise
    return connection


class _Broken(Exception):
    """The connection is gone, and what became of the statement is not known."""


_GONE: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InternalClientError,
    ConnectionError,
)
"""The driver's own state is wrong for as long as it has read the server's last word and not yet the end of the line."""


_NOT_OPENED: Final = (
    OSError,
    DBAPIError,
    AsyncAdapt_asyncpg_dbapi.Error,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""A server that starts, stops or is full says so in words of the driver's, which SQLAlchemy puts in its own here."""


class _Connection:
    """`generation` counts the breaks before it was opened."""

    def __init__(self, holder: PoolProxiedConnection, driver: Any, generation: int) -> None:
        self.generation = generation
        self._holder = holder  # would close the connection when nobody holds it
        self._driver = driver
        self._prepared: OrderedDict[str, Any] = OrderedDict()

    async def fetch(self, sql: str, arguments: Sequence[object]) -> list[Any]:
        try:
            return await self._fetch(sql, arguments)
        except _GONE:
            raise _Broken from None
        except asyncpg.InterfaceError as error:
            if isinstance(error, ValueError) or not self.closed:
                raise
            raise _Broken from None

    async def _fetch(self, sql: str, arguments: Sequence[object]) -> list[Any]:
        prepared = self._prepared.get(sql)
        if prepared is None:
            prepared = self._prepared[sql] = await self._driver.prepare(sql)
            if len(self._prepared) > STATEMENTS_KEPT:
                self._prepared.popitem(last=False)  # asyncpg closes what nobody holds any more
        else:
            self._prepared.move_to_end(sql)
        rows: list[Any] = await prepared.fetch(*arguments)
        return rows

    @property
    def closed(self) -> bool:
        closed: bool = self._driver.is_closed()
        return closed

    def terminate(self) -> None:
        self._driver.terminate()

    async def aclose(self) -> None:
        await self._driver.close(timeout=2)
