"""Statements for a whole server, through psql: they must not run inside a transaction, nor need an event
loop."""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hub.errors import Conflict, HubError, Invalid, NotFound

LONGEST_NAME = 63

ERRORS: Mapping[str, type[HubError]] = {
    "42P04": Conflict,  # duplicate_database
    "55006": Conflict,  # object_in_use: a template somebody is connected to
    "3D000": NotFound,  # invalid_catalog_name
}


@dataclass(frozen=True)
class Psql:
    """A superuser's line to one server, over its socket."""

    program: Path
    socket: Path
    port: int
    user: str

    def run(self, statement: str, values: Mapping[str, str]) -> str:
        """Run one statement and return its answer, unaligned.

        In the statement `:"x"` stands for the value x as a quoted name, `:'x'` as a quoted text. All of it
        goes through a pipe: the arguments of a process are for everybody to read, and a value may be a
        password.
        """
        done = subprocess.run(
            [
                *(self.program, "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--no-password"),
                *(f"--host={self.socket}", f"--port={self.port}", f"--username={self.user}"),
                *("--dbname=postgres", "--set=VERBOSITY=verbose", "--set=ON_ERROR_STOP=1"),
            ],
            input="".join((*map(_set, values, values.values()), statement)),
            capture_output=True,
            text=True,
            check=False,
            env={"PGCLIENTENCODING": "UTF8"},
        )
        if done.returncode == 0:
            return done.stdout.strip()
        told = re.search(r"(?:ERROR|FATAL): +(\w{5}): (.*)", done.stderr)
        if told is None:
            raise Invalid(f"psql failed: {done.stderr.strip()}")
        raise ERRORS.get(told[1], Invalid)(told[2])


def _set(name: str, value: str) -> str:
    quoted = value.replace("\\", r"\\").replace("'", r"\'").replace("\n", r"\n")
    return f"\\set {name} '{quoted}'\n"


def checked_name(name: str) -> str:
    """PostgreSQL cuts longer names silently, and then does not find them again."""
    if not 0 < len(name.encode()) <= LONGEST_NAME:
        raise Invalid(f"a database name has 1 to {LONGEST_NAME} bytes, this one {len(name.encode())}")
    return name
