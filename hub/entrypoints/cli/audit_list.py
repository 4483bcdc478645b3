"""`hub audit list`: who looked at whom, why and from where, and who changed what."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import orjson
import typer
from rich.console import Console
from rich.table import Table

from hub.clock import utc_now
from hub.entrypoints.cli.desk import Since, person, shown_time, time_of
from hub.entrypoints.installation import database_url
from hub.errors import Invalid
from hub.reads.audit import AuditAsked, AuditKind, AuditRow, ask_audit, forgotten_until
from hub.reads.paging import Page, Window
from hub.settings.environment import Settings
from hub.store.engine import Database, open_engine

COLUMNS: Final = ("at", "kind", "who", "what", "object", "why", "from", "more")


def list_(
    customer: Annotated[
        str | None,
        typer.Option(help="About this customer, by any id that he has or had: a UUID or the API's id."),
    ] = None,
    principal: Annotated[str | None, typer.Option(help="Of this caller: the subject of a token, cli:somebody.")] = None,
    since: Since = None,
    until: Annotated[str | None, typer.Option(help="Before this time, likewise.")] = None,
    kind: Annotated[AuditKind | None, typer.Option(help="Looks, changes or refusals.")] = None,
    unexplained: Annotated[
        bool, typer.Option("--unexplained", help="Only reads of customers that tell neither a purpose nor a session.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")] = False,
) -> None:
    """List events of the audit trail, newest first. That it was asked stands in it too.

    Example: hub audit list --customer 5f0c1c7e-9d3b-4c39-8a55-0a4f9a1d2b11 --since 2026-01-01
    """
    whom = None if customer is None else _customer(customer)
    asked = AuditAsked(whom, principal, time_of(since), time_of(until), kind, unexplained)
    with database_url(Settings()) as url:
        page, gone = asyncio.run(_ask(url, asked, limit))
    if json:
        for row in page.rows:
            print(orjson.dumps(row, default=str, option=orjson.OPT_UTC_Z).decode())
        return
    table = Table(*COLUMNS)
    for row in page.rows:
        table.add_row(*_shown(row))
    console = Console()
    console.print(table)
    more = "; there are more, --limit shows them" if page.has_next else ""
    older = "" if gone is None else f"; what is from before {shown_time(gone)} went by schedule"
    console.print(f"{len(page.rows)} events{more}{older}", soft_wrap=True)


def _customer(written: str) -> UUID:
    """A UUID, plain or inside the API's id; Invalid for what is none."""
    try:
        return UUID(written)
    except ValueError:
        pass
    try:
        kind, _, key = b64decode(written, validate=True).decode().partition(":")
        if kind == "Customer":
            return UUID(key)
    except ValueError:
        pass
    raise Invalid(f"{written!r} is no id of a customer", ("customer",))


async def _ask(url: str, asked: AuditAsked, limit: int) -> tuple[Page[AuditRow], datetime | None]:
    database = Database(open_engine(url))
    try:
        async with database.transaction() as connection:
            page = await ask_audit(connection, asked, Window(limit), person(), utc_now())
            return page, await forgotten_until(connection)
    finally:
        await database.aclose()


def _shown(row: AuditRow) -> Iterator[str]:
    yield shown_time(row.at)
    yield row.kind.value
    yield row.principal
    yield row.action if row.outcome in ("DONE", "DENIED") else f"{row.action} {row.outcome}"
    yield f"{row.object_type} {row.object_id}"
    yield row.purpose or ""
    yield " ".join(filter(None, (row.address, row.channel, None if row.session is None else f"session {row.session}")))
    several = {} if row.customers is None else {"customers": " ".join(map(str, row.customers))}
    yield " ".join(f"{name}={value}" for name, value in sorted({**row.detail, **several}.items()))
