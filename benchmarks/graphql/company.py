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

from benchmarks.rows_first import rows_first
from hub.store.engine import open_engine
from migrations.migrate import upgrade

FOLDER: Final = Path(__file__).parent
FULL: Final = 10_000
"""Customers with all that a view shows, however many others there are."""
ASKED: Final = 1_000
"""Requests go through this many customers, so that no answer is asked for twice in a row."""


@dataclass(frozen=True)
class Document:
    """What is asked."""

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


def bodies(
    document: Document, folder: Path, own: int | None = None, *, raw_ids: bool = False, customers: int = FULL
) -> Iterator[bytes]:
    """Requests about one customer after the other, or about the one who asks for himself.

    They are spread over all `customers`, each of them one with the sixty entries that a full page needs.
    """
    text = (folder / document.file).read_text(encoding="utf-8")
    step = customers // ASKED
    numbers = range(step, ASKED * step + 1, step) if own is None else [own]
    for number in numbers:
        identity = str(customer_id(number)) if raw_ids else global_id(number)
        body = {"query": text, "operationName": document.name, "variables": {"id": identity}}
        yield orjson.dumps(body if document is not PAGE else body | {"variables": {}})
        if document is PAGE:
            return


TABLES: Final = (
    "sales_order_line",
    "contact_medium",
    "timeline_entry",
    "sales_order",
    "customer",
    "postal_address",
    "customer_identifier",
    "customer_segment",
    "consent",
    "product_holding",
    "business_request",
    "sales_lead",
)
"""What company.sql writes many rows into, the longest first."""


async def fill(dsn: str, customers: int) -> None:
    """Migrate an empty database and write the company into it: `customers`, a multiple of FULL."""
    engine = open_engine(dsn)
    await upgrade(engine)
    await engine.dispose()
    connection = await asyncpg.connect(dsn)
    try:
        # Nobody follows changes yet, so no trigger has to tell of them.
        await connection.execute("SET session_replication_role = replica; SET synchronous_commit = off")
        text = (FOLDER / "company.sql").read_text(encoding="utf-8")
        async with rows_first(dsn, connection, TABLES):
            await connection.execute(
                text.replace(":customers", str(customers)).replace(":every", str(customers // FULL)), timeout=3600
            )
        await connection.execute((FOLDER / "node" / "postgraphile.sql").read_text(encoding="utf-8"))
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
