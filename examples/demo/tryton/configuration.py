"""What Tryton's own programs are told: a configuration file, and an environment with nothing of ours in it."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

WARNING = "30"  # of Python's logging
# Nothing listens on port 1 of the loopback address: a mail that Tryton wants to send is logged and goes nowhere.
NO_MAIL = "smtp://127.0.0.1:1"


def write_configuration(path: Path, postgres_url: str) -> None:
    """A trytond.conf with mode 0600; `postgres_url` is a libpq URL whose database Tryton replaces by its own."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.touch(mode=0o600)
    fresh.write_text(
        f"[database]\nuri = {postgres_url}\n\n"
        "[web]\nroot =\n\n"  # serve no files
        f"[email]\nuri = {NO_MAIL}\nfrom = tryton@waterlelie.example\n"
    )
    fresh.replace(path)


def environment(configuration: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of one of Tryton's programs.

    UTC, because Tryton stamps rows with the server's local time and tells no zone.
    """
    return {
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "TRYTOND_CONFIG": str(configuration),
        "TRYTOND_LOGGING_LEVEL": WARNING,
        **extra,
    }


def server_environment(configuration: Path, databases: Sequence[str]) -> dict[str, str]:
    """Without the names of its databases Tryton refuses every login on PostgreSQL."""
    return environment(configuration, {"TRYTOND_DATABASE_NAMES": ",".join(databases)})
