"""A real Tryton for the tests: installed and built once in a folder that is kept, started once per test session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from adapters.tryton.options import TrytonOptions
from examples.demo.tryton.home import running_tryton
from examples.demo.tryton.roles import EMPTY, plain_parties
from examples.demo.tryton.rpc import TrytonRpc
from examples.demo.tryton.server import TrytonServer
from tests.tryton_ground import Ground

DATABASE = "adapter"
PARTIES, PARTY_COUNT = "parties", 5_000
"""A second database, of plain parties that tests of the adapter leave alone."""
CONTRACT = "contract"
"""A third, for tests that read everything in pages of one object: it holds nothing that another test made."""
DATABASES = {DATABASE: EMPTY, CONTRACT: EMPTY, PARTIES: plain_parties(PARTY_COUNT)}


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
def tryton_for_tests(ground: Ground) -> Iterator[RunningTryton]:
    """Started with fresh clones of its databases."""
    with (
        running_tryton(ground.home, ground.postgres, DATABASES, fresh=True, name="adapter") as server,
        server.log_in(DATABASE) as rpc,
    ):
        yield RunningTryton(server, rpc, ground.postgres.libpq(DATABASE))
