"""Databases for tests: a template built once by the migrations, and for each test a clone of it, new or as good as."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
from sqlalchemy import make_url

from hub.store.engine import Database, open_engine
from migrations.migrate import upgrade

RESET: Final = Path(__file__).with_name("reset.sql")
Filling = Callable[[str, Callable[[Database], Awaitable[None]]], Awaitable[Database]]
"""A test's own database with the rows that a function writes, kept under a name: see `TestServer.fill`."""

_OTHERS: Final = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()"
_TAKEN_AWAY: Final = (asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError, asyncpg.InterfaceError, OSError)


@dataclass(frozen=True)
class _Clone:
    """`keeper` stays connected between tests: a new connection takes longer to look at tables than to empty them."""

    name: str
    keeper: asyncpg.Connection


class TestServer:
    """A PostgreSQL server that tests may create databases on; `url` names its maintenance database."""

    __test__ = False

    def __init__(self, url: str) -> None:
        self.url = url
        self.template = f"contacthub_test_{os.getpid()}_{secrets.token_hex(3)}"
        self._clean: list[_Clone] = []
        self._lent: dict[str, _Clone] = {}

    def url_of(self, database: str) -> str:
        """The URL of another database of this server."""
        return make_url(self.url).set(database=database).render_as_string(hide_password=False)

    async def execute(self, statement: str) -> None:
        """Run one statement outside a transaction on the maintenance database."""
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def build_template(self) -> None:
        """Create the template and bring it to head."""
        await self.execute(f'CREATE DATABASE "{self.template}"')
        engine = open_engine(self.url_of(self.template))
        await upgrade(engine)
        await engine.dispose()
        await self._execute_in(self.template, RESET.read_text(encoding="utf-8"))

    async def drop(self, database: str) -> None:
        """Drop a database together with whoever is still connected to it."""
        await self.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    async def aclose(self) -> None:
        """Disconnect from the clones that wait for the next test, and drop them and the template."""
        for clone in self._clean:
            await self._discard(clone)
        await self.drop(self.template)

    @asynccontextmanager
    async def clone(self) -> AsyncIterator[str]:
        """The URL of a migrated database without rows that nobody else uses inside the block.

        Emptying one is ten times as quick as making one, so a clone serves several tests, one after the other.
        """
        clone = self._clean.pop() if self._clean else await self._new_clone()
        url = self.url_of(clone.name)
        self._lent[url] = clone
        usable = False
        try:
            yield url
            usable = await self._reset(clone)
        finally:
            del self._lent[url]
            if usable:
                self._clean.append(clone)
            else:
                await self._discard(clone)

    async def fill(self, url: str, name: str, fill: Callable[[], Awaitable[object]]) -> None:
        """Give an empty clone the rows that `fill` writes; from the second time on they are copied inside the clone.

        One `name` always means the same rows.
        """
        keeper = self._lent[url].keeper
        if not await keeper.fetchval("SELECT pristine.bring($1)", name):
            await fill()
            await keeper.execute("SELECT pristine.keep($1)", name)

    async def _new_clone(self) -> _Clone:
        name = f"{self.template}_{secrets.token_hex(4)}"
        await self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{self.template}"')
        return _Clone(name, await asyncpg.connect(self.url_of(name)))

    async def _discard(self, clone: _Clone) -> None:
        clone.keeper.terminate()
        await self.drop(clone.name)

    async def _reset(self, clone: _Clone) -> bool:
        try:
            await clone.keeper.execute(_OTHERS, clone.name)
            return bool(await clone.keeper.fetchval("SELECT pristine.reset()"))
        except _TAKEN_AWAY:
            return False

    async def _execute_in(self, database: str, statements: str) -> None:
        connection = await asyncpg.connect(self.url_of(database))
        try:
            await connection.execute(statements)
        finally:
            await connection.close()
