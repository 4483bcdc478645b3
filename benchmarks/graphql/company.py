"""The rows that all servers answer from, and the requests that are sent for them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
import orjson

from hub.store.engine import open_engine
from migrations.migrate import upgrade

FOLDER: Final = Path(__file__).parent
FULL: Final = 10_000
ASKED: Final = 1_000
"""Requests go through this many customers, so that no answer is asked for twice in a row."""


@dataclass(frozen=True)
class Document:
    """What is asked; `whole` ones are about the customers with the longest lists."""

    name: str
    about: str

    @property
    def file(self) -> str:
        return f"{self.name.lower()}.graphql"


VIEW: Final = Document("View", "a customer view of 261 values")
PAGE: Final = Document("Page", "50 customers with 5 nested values each")
TIMELINE: Final = Document("Timeline", "a page of 50 entries of a customer's contact history")
DOCUMENTS: Final = (VIEW, PAGE, TIMELINE)


def customer_id(number: int) -> UUID:
    """As company.sql makes it."""
    return UUID(md5(f"customer{number}".encode(), usedforsecurity=False).hexdigest())


def global_id(number: int) -> str:
    return b64encode(f"Customer:{customer_id(number)}".encode()).decode()


def bodies(document: Document, folder: Path, own: int | None = None, *, raw_ids: bool = False) -> Iterator[bytes]:
    """Requests about one customer after the other, or about the one who asks for himself.

    Every tenth customer has the sixty entries that a full page needs.
    """
    text = (folder / document.file).read_text(encoding="utf-8")
    numbers = range(10, ASKED * 10 + 1, 10) if own is None else [own]
    for number in numbers:
        identity = str(customer_id(number)) if raw_ids else global_id(number)
        body = {"query": text, "operationName": document.name, "variables": {"id": identity}}
        yield orjson.dumps(body if document is not PAGE else body | {"variables": {}})
        if document is PAGE:
            return


async def fill(dsn: str, customers: int) -> None:
    """Migrate an empty database and write the company into it."""
    engine = open_engine(dsn)
    await upgrade(engine)
    await engine.dispose()
    connection = await asyncpg.connect(dsn)
    try:
        # The rows follow from their numbers: foreign keys need no proof, and nobody follows changes yet.
        await connection.execute("SET session_replication_role = replica; SET synchronous_commit = off")
        text = (FOLDER / "company.sql").read_text(encoding="utf-8")
        await connection.execute(text.replace(":customers", str(customers)).replace(":full", str(FULL)), timeout=3600)
        await connection.execute((FOLDER / "node" / "postgraphile.sql").read_text(encoding="utf-8"))
        await connection.execute("VACUUM ANALYZE", timeout=3600)
    finally:
        await connection.close()
