"""Fixtures of the work room: a broker of each kind, time that stands still, and workers on them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.store.engine import Database, open_engine
from tests.work.bench import Bench
from tests.work.brokers import URLS, Installation, installation


@pytest.fixture(params=list(URLS))
def broker(request: pytest.FixtureRequest) -> Iterator[Installation]:
    """Each broker in turn."""
    yield from installation(str(request.param))


@pytest.fixture
def in_process() -> Iterator[Installation]:
    """For what does not depend on the broker."""
    yield from installation("in-process")


@pytest.fixture
def bench(database: Database, database_url: str, broker: Installation) -> Bench:
    """A table of work and workers on each broker in turn."""
    return Bench(database, lambda: Database(open_engine(database_url)), broker)


@pytest.fixture
def quiet_bench(database: Database, database_url: str, in_process: Installation) -> Bench:
    """The same on the in-process broker only."""
    return Bench(database, lambda: Database(open_engine(database_url)), in_process)
