"""Databases for tests: a template built once by the migrations, and for each test a clone of it, new or as good as."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import asyncpg
from sqlalchemy import make_url

from hub.store.engine import open_engine
from migrations.migrate import upgrade

RESET: Final = Path(__file__).with_name("reset.sql")
_OTHERS: Final = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()"


class TestServer:
    """A PostgreSQL server that tests may create databases on; `url` names its maintenance database."""

    __test__ = False

    def __init__(self, url: str) -> None:
        self.url = url
        self.template = f"contacthub_test_{os.getpid()}_{secrets.token_hex(3)}"
        self._clean: list[str] = []

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

    async def drop_all(self) -> None:
        """Drop the template and every clone that waits for the next test."""
        for database in [*self._clean, self.template]:
            await self.drop(database)

    @asynccontextmanager
    async def clone(self) -> AsyncIterator[str]:
        """The URL of a migrated database without rows that nobody else uses inside the block.

        Emptying one is ten times as quick as making one, so a clone serves several tests, one after the other.
        """
        name = self._clean.pop() if self._clean else await self._new_clone()
        usable = False
        try:
            yield self.url_of(name)
            usable = await self._reset(name)
        finally:
            if usable:
                self._clean.append(name)
            else:
                await self.drop(name)

    async def _new_clone(self) -> str:
        name = f"{self.template}_{secrets.token_hex(4)}"
        await self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{self.template}"')
        return name

    async def _reset(self, name: str) -> bool:
        connection = await asyncpg.connect(self.url_of(name))
        try:
            await connection.execute(_OTHERS, name)
            return bool(await connection.fetchval("SELECT pristine.reset()"))
        finally:
            await connection.close()

    async def _execute_in(self, database: str, statements: str) -> None:
        connection = await asyncpg.connect(self.url_of(database))
        try:
            await connection.execute(statements)
        finally:
            await connection.close()
