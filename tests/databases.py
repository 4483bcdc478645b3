"""Databases for tests: a template built once by the migrations, and a clone of it for each test."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy import make_url

from hub.store.engine import open_engine
from migrations.migrate import upgrade


class TestServer:
    """A PostgreSQL server that tests may create databases on; `url` names its maintenance database."""

    __test__ = False

    def __init__(self, url: str) -> None:
        self.url = url
        self.template = f"contacthub_test_{os.getpid()}_{secrets.token_hex(3)}"

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

    async def drop(self, database: str) -> None:
        """Drop a database together with whoever is still connected to it."""
        await self.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    @asynccontextmanager
    async def clone(self) -> AsyncIterator[str]:
        """The URL of a fresh, migrated database that is dropped afterwards."""
        name = f"{self.template}_{secrets.token_hex(4)}"
        await self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{self.template}"')
        try:
            yield self.url_of(name)
        finally:
            await self.drop(name)
