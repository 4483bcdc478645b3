"""A real Tryton for the tests: installed and built once in a folder that is kept, started once per test session."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.tryton.options import TrytonOptions
from examples.demo.tryton.home import TrytonHome, running_tryton
from examples.demo.tryton.roles import EMPTY, plain_parties
from examples.demo.tryton.rpc import TrytonRpc
from examples.demo.tryton.server import TrytonServer
from hub.embedded.postgres import EmbeddedPostgres
from hub.errors import Transient

FOLDER = Path(os.environ.get("HUB_TEST_TRYTON", ".hub/test-tryton"))
"""Kept between sessions: building it anew takes minutes. Two sessions at once need a folder each."""

DATABASE = "adapter"
PARTIES, PARTY_COUNT = "parties", 5_000
"""A second database, of plain parties that tests of the adapter leave alone."""
DATABASES = {DATABASE: EMPTY, PARTIES: plain_parties(PARTY_COUNT)}


@dataclass(frozen=True)
class RunningTryton:
    """`rpc` is a second user's session, for changes behind the adapter's back; `dsn` leads to Tryton's own database."""

    server: TrytonServer
    rpc: TrytonRpc
    dsn: str

    def options(self, url: str | None = None, database: str = DATABASE, **other: float) -> TrytonOptions:
        """The adapter's options for this Tryton, `url` where it is reached through a proxy."""
        return TrytonOptions.model_validate(
            {
                "url": url or self.server.url,
                "database": database,
                "user": self.server.user,
                "password": self.server.password,
                **other,
            }
        )


@contextmanager
def tryton_for_tests() -> Iterator[RunningTryton]:
    """Skips loudly where Tryton cannot be installed; fails there when HUB_TEST_REQUIRE names tryton."""
    home = TrytonHome(FOLDER / "home", print)
    with EmbeddedPostgres(FOLDER / "postgres", durable=False) as postgres:
        try:
            started = running_tryton(home, postgres, DATABASES, fresh=True)
            server = started.__enter__()
        except Transient as error:
            if "tryton" in os.environ.get("HUB_TEST_REQUIRE", "").split():
                pytest.fail(error.message)
            pytest.skip(error.message)
        try:
            with server.log_in(DATABASE) as rpc:
                yield RunningTryton(server, rpc, postgres.libpq(DATABASE))
        finally:
            started.__exit__(None, None, None)
