"""Tryton made ready once and kept: its environment, and template databases to be cloned in a third of a second."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from examples.demo.tryton.configuration import write_configuration
from examples.demo.tryton.install import Say, ensure_environment
from examples.demo.tryton.server import TrytonServer
from examples.demo.tryton.templates import Template, TemplateBuilder
from hub.embedded.claim import Claim
from hub.embedded.postgres import EmbeddedPostgres


class TrytonHome:
    """What Tryton needs on disk, below `folder`: environment, password (0600), trytond.conf (0600), logs.

    The templates live in the PostgreSQL it is used with; a folder belongs to one such server. Entered, it
    serves this process alone and others get Conflict; it may be entered again while it is.
    """

    def __init__(self, folder: Path, say: Say) -> None:
        """`say` is told each step that takes more than a moment."""
        self.folder = folder.absolute()
        self._say = say
        self._claim = Claim(self.folder / "claim")
        self._entered = 0

    @property
    def password(self) -> str:
        """The administrator's, in every database; made at random the first time."""
        path = self.folder / "password"
        if not path.exists():
            fresh = path.with_name("password.new")
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_urlsafe(18))
            fresh.replace(path)
        return path.read_text()

    def prepare(self, postgres: EmbeddedPostgres, templates: Sequence[Template]) -> TemplateBuilder:
        """Install and build what is missing: two minutes the first time, nothing the next.

        Whatever is interrupted is done anew.
        """
        programs = ensure_environment(self.folder, self._say)
        password = self.password
        write_configuration(self.folder / "trytond.conf", postgres.libpq(""))
        builder = TemplateBuilder(programs, self.folder, password, postgres, self._say)
        builder.ensure(templates)
        return builder

    def __enter__(self) -> Self:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._claim.take()
        self._entered += 1
        return self

    def __exit__(self, *_: object) -> None:
        self._entered -= 1
        if self._entered == 0:
            self._claim.release()


@contextmanager
def running_tryton(
    home: TrytonHome,
    postgres: EmbeddedPostgres,
    databases: Mapping[str, Template],
    *,
    port: int = 0,
    fresh: bool = False,
    name: str = "server",
) -> Iterator[TrytonServer]:
    """A started Tryton that serves `databases`, each a clone of its template; stopped at the end.

    A database that exists is kept as its users left it, unless `fresh`. `postgres` is started.
    Several may run at once under other names, on other databases. Blocks; in async code enter it in a thread.
    """
    with home:
        builder = home.prepare(postgres, tuple(databases.values()))
        for database, template in databases.items():
            if fresh:
                postgres.drop_database(database)
            if not postgres.has_database(database):
                builder.clone(template, database)
        with TrytonServer(
            builder.programs, home.folder, tuple(databases), home.password, port=port, name=name
        ) as server:
            yield server
