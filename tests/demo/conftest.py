"""One Tryton home for the whole session, kept between sessions: building its templates takes minutes."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from examples.demo.tryton.home import TrytonHome, running_tryton
from examples.demo.tryton.roles import CM, CRM, LMS
from examples.demo.tryton.server import TrytonServer
from hub.embedded.postgres import EmbeddedPostgres
from hub.errors import Transient

CACHE = Path(__file__).parents[2] / ".hub" / "tests" / "tryton"


@dataclass
class Ground:
    """Where Tryton runs in these tests, and what was said while it was made ready."""

    home: TrytonHome
    postgres: EmbeddedPostgres
    said: list[str]


@pytest.fixture(scope="session")
def ground() -> Iterator[Ground]:
    """Skips where Tryton's packages cannot be had, unless HUB_TEST_REQUIRE names tryton."""
    said: list[str] = []
    with EmbeddedPostgres(CACHE / "postgres") as postgres, TrytonHome(CACHE / "home", said.append) as home:
        try:
            home.prepare(postgres, (CRM, LMS, CM))
        except Transient as error:
            if "tryton" in os.environ.get("HUB_TEST_REQUIRE", ""):
                raise
            pytest.skip(error.message)
        yield Ground(home, postgres, said)


@pytest.fixture(scope="session")
def tryton(ground: Ground) -> Iterator[TrytonServer]:
    """The three roles as the demo starts them; tests read them, or change what no other test looks at."""
    databases = {"demo_crm": CRM, "demo_lms": LMS, "demo_cm": CM}
    with running_tryton(ground.home, ground.postgres, databases, fresh=True) as server:
        yield server
