"""Fixtures of the whole suite: a real PostgreSQL and a freshly migrated database for each test."""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial

import pytest
from hypothesis import HealthCheck, settings

from hub.embedded.postgres import EmbeddedPostgres
from hub.entrypoints.collector import spare_the_collector
from hub.store.engine import Database, open_engine
from tests.adapters.tryton.running import RunningTryton, tryton_for_tests
from tests.bottlecrm.running import RunningBottleCrm
from tests.bottlecrm_ground import bottlecrm_ground
from tests.databases import Filling, TestServer
from tests.tryton_ground import Ground, tryton_ground

# A loaded machine is slow, which says nothing about a property.
settings.register_profile("suite", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


GROUNDS = {"ground": "tryton", "bottlecrm": "bottlecrm"}
"""What takes minutes to build, by the fixture that builds it: its tests run in one process, beside those of another."""


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the tests of one ground into one group for `--dist loadgroup`; the largest groups begin first."""
    for item in items:
        for fixture, group in GROUNDS.items():
            if isinstance(item, pytest.Function) and fixture in item.fixturenames:
                item.add_marker(pytest.mark.xdist_group(group))


def pytest_configure() -> None:
    """What collecting makes stays to the end, and the collector would walk it again and again."""
    gc.disable()


def pytest_collection_finish() -> None:
    """From here on only what the tests make is looked at."""
    gc.enable()
    spare_the_collector()


@pytest.fixture(scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TestServer]:
    """HUB_TEST_DATABASE_URL where it is set (any PostgreSQL 15 or newer), the embedded PostgreSQL otherwise."""
    given = os.environ.get("HUB_TEST_DATABASE_URL")
    if given is not None:
        server = TestServer(given)
        await server.build_template()
        yield server
        await server.aclose()
        return
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), durable=False) as postgres:
        server = TestServer(postgres.libpq("postgres"))
        await server.build_template()
        yield server
        await server.aclose()


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


@pytest.fixture
def filling(server: TestServer, database_url: str, database: Database) -> Filling:
    """The store of this test's own database, filled by a function; see `TestServer.fill`."""

    async def filled(name: str, write: Callable[[Database], Awaitable[None]]) -> Database:
        await server.fill(database_url, name, partial(write, database))
        return database

    return filled


@pytest.fixture(scope="session")
def ground(request: pytest.FixtureRequest) -> Iterator[Ground]:
    """Where Tryton is installed and its templates are kept."""
    wanted = (item.fixturenames for item in request.session.items if isinstance(item, pytest.Function))
    with tryton_ground(demo=any("demo_folder" in names for names in wanted)) as ground:
        yield ground


@pytest.fixture(scope="session")
def tryton(ground: Ground) -> Iterator[RunningTryton]:
    """A real Tryton with databases of its own, started once for the whole session."""
    with tryton_for_tests(ground) as running:
        yield running


@pytest.fixture(scope="session")
def bottlecrm() -> Iterator[RunningBottleCrm]:
    """A real BottleCRM with a database of its own, started once for the whole session."""
    with bottlecrm_ground() as running:
        yield running
