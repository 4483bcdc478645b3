"""BottleCRM on disk: its environment, and a template database that its own migrations fill once."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from hub.embedded.postgres import EmbeddedPostgres
from hub.errors import Transient
from tests.bottlecrm.sql import run_sql

HERE: Final = Path(__file__).parent
LOCK: Final = HERE / "requirements.lock"
SITE: Final = HERE / "site"
"""Settings and the seed, on the path of BottleCRM's own interpreter."""
MIGRATE: Final = SITE / "bottlecrm_test_migrate.py"
ROLE: Final = "bottlecrm"
"""No superuser, to whom row-level security does not apply, and without which BottleCRM mixes its companies up."""


class BottleCrmHome:
    """What is made below `folder` is kept: half a minute of installing and migrating, nothing the next time."""

    def __init__(self, folder: Path, python: Path, postgres: EmbeddedPostgres) -> None:
        self.folder = folder
        self._interpreter = python
        self._postgres = postgres
        told = subprocess.run([python, "--version"], capture_output=True, check=True).stdout
        self._key = hashlib.sha256(told + LOCK.read_bytes()).hexdigest()[:12]

    @property
    def python(self) -> Path:
        """BottleCRM's own interpreter."""
        return self.folder / f"env-{self._key}" / "bin" / "python"

    @property
    def wall(self) -> Path:
        """Where its clock is moved: see `site/bottlecrm_test_clock.py`."""
        return self.folder / "wall"

    def prepare(self) -> None:
        """Install and migrate what is missing, anew if interrupted; Transient when packages cannot be had."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._install()
        template = f"bottlecrm_template_{self._key}"
        if self._postgres.has_database(template):
            return
        passing = f"{template}_new"
        self._postgres.drop_database(passing)
        self._postgres.create_database(passing)
        run_sql(
            self._postgres.libpq("postgres"),
            f"DO $$ BEGIN CREATE ROLE {ROLE} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
            f'ALTER DATABASE "{passing}" OWNER TO {ROLE}',
        )
        self.run(passing, [MIGRATE])
        self._postgres.create_database(template, passing)
        self._postgres.drop_database(passing)

    def clone(self, database: str) -> None:
        """A fresh copy of the template under this name."""
        self._postgres.drop_database(database)
        self._postgres.create_database(database, f"bottlecrm_template_{self._key}")

    def environment(self, database: str) -> Mapping[str, str]:
        """The whole environment of BottleCRM's programs."""
        return {
            "PATH": os.defpath,
            "PYTHONPATH": str(SITE),
            "DJANGO_SETTINGS_MODULE": "bottlecrm_test_settings",
            "DBNAME": database,
            "DBUSER": ROLE,
            "DBPASSWORD": "",
            "DBHOST": str(self._postgres.socket_dir),
            "DBPORT": str(self._postgres.port),
            "SECRET_KEY": self._secret(),
            "BOTTLECRM_TEST_WALL": str(self.wall),
        }

    def run(self, database: str, arguments: Sequence[str | Path]) -> str:
        """What one of BottleCRM's programs prints."""
        done = subprocess.run(
            [self.python, *arguments],
            env=self.environment(database),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise AssertionError(f"BottleCRM failed:\n{done.stderr[-2000:]}")
        return done.stdout

    def _secret(self) -> str:
        place = self.folder / "secret"
        if not place.exists():
            place.touch(mode=0o600)
            place.write_text(secrets.token_urlsafe(48))
        return place.read_text()

    def _install(self) -> None:
        environment = self.python.parent.parent
        if (environment / ".complete").exists():
            return
        for outdated in self.folder.glob("env-*"):
            shutil.rmtree(outdated)
        uv = Path(sys.executable).with_name("uv")
        _checked([uv, "venv", "--quiet", "--python", self._interpreter, environment])
        _checked([uv, "pip", "install", "--quiet", "--python", self.python, "--require-hashes", "-r", LOCK])
        (environment / ".complete").touch()


def _checked(command: Sequence[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        last_words = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise Transient(f"BottleCRM's packages cannot be installed:\n{last_words}")
