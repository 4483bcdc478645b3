"""Fixtures of the whole suite: a real PostgreSQL and a freshly migrated database for each test."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from hub.store.engine import Database, open_engine
from tests.databases import TestServer


@pytest.fixture(scope="session")
async def server() -> AsyncIterator[TestServer]:
    """HUB_TEST_DATABASE_URL where it is set, the embedded PostgreSQL otherwise."""
    server = TestServer(os.environ.get("HUB_TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1/postgres"))
    await server.build_template()
    yield server
    await server.drop(server.template)


@pytest.fixture
async def database_url(server: TestServer) -> AsyncIterator[str]:
    """A postgresql:// URL of a database of this test's own."""
    async with server.clone() as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The store of this test's own database, on the suite's event loop."""
    database = Database(open_engine(database_url))
    yield database
    await database.aclose()
