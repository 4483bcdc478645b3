"""`hub audit`: ask the trail, and find what was changed in it."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from hub.entrypoints.cli.audit_list import list_
from hub.entrypoints.installation import database_url
from hub.errors import Invalid
from hub.settings.environment import Settings
from hub.store.engine import Database, open_engine
from hub.store.keys import KeyRing
from hub.store.master_key import load_master_keys
from hub.store.verify_audit import Verdict, verify_audit

application = typer.Typer(name="audit", help="Who did and saw what.", no_args_is_help=True)


application.command("list")(list_)


@application.command("verify")
def verify(
    known: Annotated[
        str | None,
        typer.Option(help="The last line of an earlier verification, NUMBER:DIGEST; finds a chain that was cut off."),
    ] = None,
) -> None:
    """Compute the digests of the audit trail anew; ends with status 1 and says where if anything was changed.

    Example: hub audit verify --known 1240:9f2c...
    """
    earlier = None if known is None else _parsed(known)
    settings = Settings()
    with database_url(settings) as url:
        verdict = asyncio.run(_verify(url, KeyRing(load_master_keys(settings)), earlier))
    console = Console(soft_wrap=True)
    for finding in verdict.findings:
        console.print(f"[red]✗[/red] {finding}", highlight=False)
    console.print(
        f"{verdict.sealed} events under {verdict.last} seals, {verdict.unsealed} not sealed yet"
        f"{f', {verdict.forgotten} forgotten by schedule' if verdict.forgotten else ''}; "
        f"{len(verdict.findings) or 'nothing'} found"
    )
    if verdict.findings:
        raise typer.Exit(1)
    print(f"{verdict.last}:{verdict.digest.hex()}")


def _parsed(known: str) -> tuple[int, bytes]:
    number, _, digest = known.partition(":")
    try:
        return int(number), bytes.fromhex(digest)
    except ValueError:
        raise Invalid("--known is NUMBER:DIGEST, as an earlier verification printed it last", ("known",)) from None


async def _verify(url: str, keys: KeyRing, known: tuple[int, bytes] | None) -> Verdict:
    database = Database(open_engine(url))
    try:
        async with database.reading() as connection:
            return await verify_audit(connection, keys, known)
    finally:
        await database.aclose()
