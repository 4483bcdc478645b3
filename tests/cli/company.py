"""A company with a CRM that hands over files, and the command line as its operator uses it."""

from __future__ import annotations

import asyncio
import shutil
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text
from typer.testing import CliRunner

from adapters.files import write_export
from examples.files.deliver import LAYOUT
from hub.entrypoints.cli.application import application
from hub.errors import HubError
from hub.records.identity import Entity
from hub.records.source import JsonObject, JsonValue
from hub.store.engine import Database

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "files"


def customer(number: int, **given: JsonValue) -> JsonObject:
    """A customer as the export has him; `given` replaces columns."""
    standard: dict[str, JsonValue] = {
        "CUSTNO": str(number),
        "TYPE": "P",
        "FULLNAME": f"Customer {number}",
        "BORN": None,
        "LEVEL": None,
        "CHANGED": "2026-01-04 16:20:00",
        "media": [],
        "addresses": [],
    }
    return standard | given


@dataclass(frozen=True)
class Said:
    """What a command printed and its exit status; `code` is that of the error it ended with."""

    status: int
    output: str
    code: str | None


@dataclass(frozen=True)
class Company:
    """hub.yaml and the drop folder in `folder`, the store on a PostgreSQL of the test's own."""

    folder: Path
    database: Database
    database_url: str

    async def hub(self, *arguments: str, given: str | None = None) -> Said:
        """Run `hub ...` in a thread of its own, as it starts a loop of its own; `given` is its standard input."""
        environment = {
            "HUB_DATABASE_URL": self.database_url,
            "HUB_CONFIG": str(self.folder / "hub.yaml"),
            "HUB_MASTER_KEY": b64encode(b"k" * 32).decode(),
            "DROP_FOLDER": str(self.folder / "drop"),
            "COLUMNS": "200",
        }
        result = await asyncio.to_thread(
            CliRunner().invoke, application(arguments), list(arguments), input=given, env=environment
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit | HubError):
            raise result.exception
        code = result.exception.code if isinstance(result.exception, HubError) else None
        return Said(result.exit_code, result.output, code)

    def deliver(self, *customers: JsonObject) -> None:
        """Put an export of all customers into the drop folder."""
        write_export(
            self.folder / "drop", Entity.CUSTOMER, list(customers), datetime.now(UTC), layout=LAYOUT, delimiter=";"
        )

    def rewrite(self, file: str, old: str, new: str) -> None:
        """Change a configuration file."""
        path = self.folder / file
        written = path.read_text(encoding="utf-8")
        if old not in written:
            raise ValueError(old)
        path.write_text(written.replace(old, new, 1), encoding="utf-8")

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What a statement finds."""
        async with self.database.reading() as connection:
            return [tuple(row) for row in await connection.execute(text(statement))]


def found_company(folder: Path, database: Database, database_url: str) -> Company:
    """The example's configuration, copied so that a test can change it."""
    shutil.copy(EXAMPLE / "hub.yaml", folder)
    shutil.copytree(EXAMPLE / "mappings", folder / "mappings")
    (folder / "drop").mkdir()
    return Company(folder, database, database_url)
