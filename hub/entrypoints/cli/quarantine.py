"""`hub quarantine`: objects that could not be applied."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.console import Console
from rich.table import Table

from hub.entrypoints.cli.desk import (
    Code,
    EntityName,
    Since,
    System,
    at_the_desk,
    person,
    shown_time,
    time_of,
)
from hub.entrypoints.cli.quarantine_replay import discard, dry_run, replay
from hub.errors import NotFound
from hub.flows.engine_room import EngineRoom
from hub.flows.quarantine_edit import edit as keep_edited
from hub.flows.quarantined import Chosen, Revealed, reveal
from hub.reads.paging import Page, Window
from hub.reads.quarantine import QuarantineRow, count_quarantine, list_quarantine, quarantined_by_id
from hub.records.states import QuarantineState

application = typer.Typer(
    name="quarantine", help="Objects that could not be applied, with their original bytes.", no_args_is_help=True
)

Id: TypeAlias = Annotated[int, typer.Argument(help="Its number in `hub quarantine list`.")]


@application.command("list")
def list_(
    system: System = None,
    entity: EntityName = None,
    code: Code = None,
    since: Since = None,
    state: Annotated[QuarantineState, typer.Option(help="What became of it.")] = QuarantineState.OPEN,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
) -> None:
    """List what waits, newest first, without its bytes.

    Example: hub quarantine list --system crm --code UNMAPPED
    """
    chosen = Chosen(None, system, entity, code, time_of(since), state)

    async def read(room: EngineRoom) -> tuple[Page[QuarantineRow], int]:
        async with room.database.reading() as connection:
            return await list_quarantine(connection, chosen, Window(limit)), await count_quarantine(connection, chosen)

    page, count = at_the_desk(read)
    table = Table("id", "system", "entity", "object", "code", "why", "since")
    for row in page.rows:
        where = row.external_id or row.place or ""
        corrected = " (corrected)" if row.corrected_at is not None else ""
        table.add_row(str(row.id), row.system, row.entity, where, row.code, row.reason + corrected, shown_time(row.at))
    console = Console()
    console.print(table)
    console.print(f"{len(page.rows)} of {count} {state.value}")


@application.command("show")
def show(id: Id) -> None:
    """Show one object with its original bytes and its correction; the last line is what `edit` takes. It is audited.

    Example: hub quarantine show 7
    """

    async def read(room: EngineRoom) -> tuple[QuarantineRow, Revealed | None]:
        async with room.database.transaction() as connection:
            revealed = await reveal(connection, room.keys, id, person(), room.clock())
            return (await quarantined_by_id(connection, [id]))[id], revealed

    row, revealed = at_the_desk(read)
    table = Table(show_header=False, box=None)
    for name in ("id", "flow", "system", "entity", "external_id", "place", "code", "path", "reason", "state"):
        value = getattr(row, name)
        table.add_row(name, "" if value is None else str(value))
    for name in ("as_of", "at", "corrected_at", "settled_at"):
        table.add_row(name, shown_time(getattr(row, name)))
    table.add_row("settled", " ".join(filter(None, (row.settled_by, row.settled_reason))))
    console = Console(soft_wrap=True, highlight=False)
    console.print(table)
    if revealed is None:
        console.print("Its person was erased: the bytes cannot be read any more.")
        return
    console.print("original:")
    print(revealed.original.decode(errors="replace"))
    if revealed.content is not None:
        console.print("read as:")
        print(revealed.content.decode())
    if revealed.corrected is not None:
        console.print(f"corrected by {row.corrected_by}:")
        print(revealed.corrected.decode(errors="replace"))


@application.command("edit")
def edit(
    id: Id,
    body: Annotated[Path, typer.Argument(help="File with the corrected object in JSON; - reads standard input.")],
    external_id: Annotated[
        str | None, typer.Option(help="Which object it is, where the original could not even be read.")
    ] = None,
) -> None:
    """Keep a corrected body beside the original. Nothing is applied before it is replayed.

    Example: hub quarantine show 7 | tail -n 1 | jq '.level = "g"' | hub quarantine edit 7 -
    """
    if body != Path("-") and not body.is_file():
        raise NotFound(f"there is no file {body}")
    written = sys.stdin.buffer.read() if body == Path("-") else body.read_bytes()

    async def write(room: EngineRoom) -> None:
        async with room.database.transaction() as connection:
            await keep_edited(connection, room.keys, id, written, person(), room.clock(), external_id)

    at_the_desk(write)
    Console().print(f"Kept. `hub quarantine dry-run {id}` tells what it would do.")


application.command("dry-run")(dry_run)
application.command("replay")(replay)
application.command("discard")(discard)
