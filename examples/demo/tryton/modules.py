"""An empty Tryton database with the modules of all three roles."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from examples.demo.tryton.configuration import environment
from hub.errors import Invalid

KERNEL = ("ir", "res")
MODULES = (
    "party",
    "party_relationship",
    "company",
    "product",
    "sale",
    "sale_history",
    "sale_opportunity",
    "marketing",
    "marketing_automation",
    "marketing_campaign",
    "marketing_email",
    "user_role",
    "web_user",
)
MAIL = "admin@waterlelie.example"


def activate_modules(programs: Path, home: Path, database: str) -> None:
    """Fill the empty `database`; the administrator's password comes from the file `password` in `home`.

    About a minute. Statistics in between spare a quarter of it: Tryton asks for the foreign keys of every table, and
    PostgreSQL plans that badly over a catalogue it has never counted.
    """
    admin: list[str | Path] = [programs / "python", programs / "trytond-admin", "--database", database]
    _run(home, [*admin, "--email", MAIL, "--update", *KERNEL])
    _analyze(programs, home, database)
    _run(home, [*admin, "--activate-dependencies", "--update", *MODULES])
    _analyze(programs, home, database)


def _analyze(programs: Path, home: Path, database: str) -> None:
    statistics = (
        "import sys; from trytond import backend; "
        "connection = backend.Database(sys.argv[1]).get_connection(autocommit=True); "
        "connection.execute('ANALYZE')"
    )
    _run(home, [programs / "python", "-c", statistics, database])


def _run(home: Path, command: Sequence[str | Path]) -> None:
    env = environment(home / "trytond.conf", {"TRYTONPASSFILE": str(home / "password")})
    done = subprocess.run(command, env=env, cwd=home, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Invalid(f"Tryton's database {command[3]} cannot be prepared:\n{done.stderr[-2000:]}")
