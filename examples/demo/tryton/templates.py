"""Template databases: what is the same at every start is built once, by Tryton itself, and cloned by PostgreSQL."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from examples.demo.tryton.install import Say, environment_key
from examples.demo.tryton.modules import MODULES, activate_modules
from examples.demo.tryton.rpc import TrytonRpc
from examples.demo.tryton.server import TrytonServer
from hub.embedded.postgres import EmbeddedPostgres

SEED_FOLDER = Path(__file__).with_name("seed")
PREFIX = "tryton_template_"


@dataclass(frozen=True)
class Template:
    """A database filled by `fill`, through Tryton's own API, on top of the template `parent`.

    Without a parent it starts as an empty database with the modules of all roles.
    """

    name: str
    says: str
    fill: Callable[[TrytonRpc], None]
    parent: "Template | None" = None


class TemplateBuilder:
    """Builds templates under a passing name and lets them appear complete or not at all."""

    def __init__(self, programs: Path, home: Path, password: str, postgres: EmbeddedPostgres, say: Say) -> None:
        self.programs = programs
        self._home = home
        self._password = password
        self._postgres = postgres
        self._say = say
        self._digest = _digest_of_contents(password)

    def database_of(self, template: Template) -> str:
        """Its name changes with the packages, the seed and the password, so an outdated one is never cloned."""
        return f"{PREFIX}{template.name}_{self._digest}"

    def clone(self, template: Template, database: str) -> None:
        """A third of a second. Nobody may be connected to the template: raises Conflict."""
        self._postgres.create_database(database, self.database_of(template))

    def ensure(self, templates: Sequence[Template]) -> None:
        """Build those that are missing, parents first; templates of one parent are filled by one Tryton."""
        parents = {t.parent.name: t.parent for t in self._missing(templates) if t.parent is not None}
        if parents:
            self.ensure(tuple(parents.values()))
        # Asked again: a parent may be wanted itself.
        missing = self._missing(templates)
        if missing:
            self._drop_outdated()
            self._build(missing)

    def _missing(self, templates: Sequence[Template]) -> Sequence[Template]:
        by_name = {template.name: template for template in templates}
        return [t for t in by_name.values() if not self._postgres.has_database(self.database_of(t))]

    def _build(self, templates: Sequence[Template]) -> None:
        passing = {f"{self.database_of(template)}_new": template for template in templates}
        for database, template in passing.items():
            self._postgres.drop_database(database)
            if template.parent is not None:
                self.clone(template.parent, database)
                continue
            self._say("Creating a Tryton database with its modules (about a minute, only once)")
            self._postgres.create_database(database)
            activate_modules(self.programs, self._home, database)
        with TrytonServer(self.programs, self._home, tuple(passing), self._password, port=0, name="template") as server:
            for database, template in passing.items():
                self._say(template.says)
                with server.log_in(database) as rpc:
                    template.fill(rpc)
        for database, template in passing.items():
            # PostgreSQL copies a database in one transaction: the final name never shows half a template.
            self._postgres.create_database(self.database_of(template), database)
            self._postgres.drop_database(database)

    def _drop_outdated(self) -> None:
        for database in self._postgres.databases():
            if database.startswith(PREFIX) and not database.endswith(self._digest):
                self._postgres.drop_database(database)


def _digest_of_contents(password: str) -> str:
    digest = hashlib.sha256(f"{environment_key()} {MODULES} {password}".encode())
    for source in sorted(SEED_FOLDER.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:10]
