"""One Tryton home and one PostgreSQL for the session, kept between sessions: building its templates takes minutes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from examples.demo.tryton.home import TrytonHome
from examples.demo.tryton.roles import EMPTY
from hub.embedded.postgres import EmbeddedPostgres
from hub.errors import Transient

FOLDER = Path(os.environ.get("HUB_TEST_TRYTON", Path(__file__).parents[1] / ".hub" / "tests" / "tryton"))
"""Two sessions at once need a folder each."""


@dataclass
class Ground:
    """Where Tryton runs in tests, and what was said while it was made ready."""

    home: TrytonHome
    postgres: EmbeddedPostgres
    said: list[str]


@contextmanager
def tryton_ground() -> Iterator[Ground]:
    """Skips loudly where Tryton's packages cannot be had; fails there when HUB_TEST_REQUIRE names tryton."""
    said: list[str] = []
    with (
        EmbeddedPostgres(FOLDER / "postgres", durable=False) as postgres,
        TrytonHome(FOLDER / "home", said.append) as home,
    ):
        try:
            home.prepare(postgres, (EMPTY,))
        except Transient as error:
            if "tryton" in os.environ.get("HUB_TEST_REQUIRE", "").split():
                pytest.fail(error.message)
            pytest.skip(error.message)
        yield Ground(home, postgres, said)
