"""A Tryton of these tests' own, with two fresh companies: one for each of two hubs that write to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from examples.demo.tryton.home import running_tryton
from examples.demo.tryton.roles import EMPTY
from examples.demo.tryton.server import TrytonServer
from tests.tryton_ground import Ground

ONE, OTHER = "weeks_one", "weeks_other"


@pytest.fixture
def companies(ground: Ground) -> Iterator[TrytonServer]:
    """Started anew for each test: its clock goes back to the first Monday."""
    databases = {ONE: EMPTY, OTHER: EMPTY}
    with running_tryton(ground.home, ground.postgres, databases, fresh=True, name="weeks") as server:
        yield server
