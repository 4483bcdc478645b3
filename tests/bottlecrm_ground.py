"""A real BottleCRM for the tests: installed and migrated once in a folder that is kept, started once per session."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from hub.embedded.postgres import EmbeddedPostgres
from hub.errors import Transient
from tests.bottlecrm.home import BottleCrmHome
from tests.bottlecrm.python import NEEDED, find_python
from tests.bottlecrm.running import RunningBottleCrm, running_bottlecrm

FOLDER = Path(os.environ.get("HUB_TEST_BOTTLECRM", Path(__file__).parents[1] / ".hub" / "tests" / "bottlecrm"))
"""Two sessions at once need a folder each."""


@contextmanager
def bottlecrm_ground() -> Iterator[RunningBottleCrm]:
    """Skips loudly where there is no Python for it; fails there when HUB_TEST_REQUIRE names bottlecrm."""
    python = find_python()
    if python is None:
        _missing(f"BottleCRM needs Python {'.'.join(map(str, NEEDED))} or newer; none was found")
    with EmbeddedPostgres(FOLDER / "postgres", durable=False) as postgres:
        home = BottleCrmHome(FOLDER / "home", python, postgres)
        try:
            home.prepare()
        except Transient as error:
            _missing(error.message)
        with running_bottlecrm(home, postgres, "bottlecrm") as running:
            yield running


def _missing(why: str) -> NoReturn:
    if "bottlecrm" in os.environ.get("HUB_TEST_REQUIRE", "").split():
        pytest.fail(why)
    pytest.skip(why)
