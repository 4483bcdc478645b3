"""One Tryton home and one PostgreSQL for the session, kept between sessions: building its templates takes minutes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from examples.demo.tryton.home import TrytonHome
from examples.demo.tryton.roles import DEMO, EMPTY
from hub.embedded.postgres import EmbeddedPostgres
from hub.errors import Transient

FOLDER = Path(os.environ.get("HUB_TEST_TRYTON", Path(__file__).parents[1] / ".hub" / "tests" / "tryton"))
"""Two sessions at once need a folder each."""
DEMO_FOLDER = FOLDER.with_name("demo")
"""The demonstration's own data, in tests that run it as a program."""


@dataclass
class Ground:
    """Where Tryton runs in tests, and what was said while it was made ready."""

    home: TrytonHome
    postgres: EmbeddedPostgres
    said: list[str]


@contextmanager
def tryton_ground(*, demo: bool = False) -> Iterator[Ground]:
    """Skips loudly where Tryton's packages cannot be had; fails there when HUB_TEST_REQUIRE names tryton.

    With `demo` the demonstration's folder begins with the templates that are built here.
    """
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
        if demo:
            _begin_demo(home, postgres)
        yield Ground(home, postgres, said)


def _begin_demo(home: TrytonHome, postgres: EmbeddedPostgres) -> None:
    """It installs its own Tryton, but would take two minutes to build the same templates again.

    A template is known by the password in it, which is copied last: what was interrupted is done anew.
    """
    password = DEMO_FOLDER / "tryton" / "password"
    if password.exists() and password.read_text() == home.password:
        return
    home.prepare(postgres, tuple(DEMO.values()))
    shutil.rmtree(DEMO_FOLDER, ignore_errors=True)
    for part in ("postgres", "tryton"):
        (DEMO_FOLDER / part).mkdir(mode=0o700, parents=True)
    postgres.stop()
    # By `cp`, since the files belong to the server's user.
    subprocess.run(["cp", "-a", postgres.data_dir / "cluster", DEMO_FOLDER / "postgres"], check=True)
    postgres.start()
    shutil.copy2(home.folder / "password", password)
