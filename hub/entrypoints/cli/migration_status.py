"""Where migrations stand, once or until there is something for a person to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.entrypoints.cli.migration_tables import gates_shown, migration_shown, windows_shown
from hub.migration.desk import Desk
from hub.migration.facts import gates_of
from hub.migration.gates import GateResult
from hub.migration.states import MOVING
from hub.migration.stored import of_flow
from hub.reads.migrations import MigrationRow, WindowRow, latest_migrations, migrations_by_id, windows_of
from hub.reads.seeding import Seeding, seeding_of
from hub.records.migration import MigrationState

LOOKS_EVERY_S: Final = 1.0


@dataclass(frozen=True)
class Standing:
    """A migration as it stands at one moment."""

    migration: MigrationRow
    seeding: Seeding | None
    gates: Sequence[GateResult]
    windows: Sequence[WindowRow]

    @property
    def moves(self) -> bool:
        """Whether it goes on by itself, without a person."""
        return MigrationState(self.migration.state) in MOVING


async def standings(
    connection: AsyncConnection, desk: Desk, flow: str | None, which: UUID | None, last: int, now: datetime
) -> list[Standing]:
    """Of one flow, or of all that have one, with the newest `last` windows. NotFound for an id of another flow."""
    if flow is not None and which is not None:
        await of_flow(connection, flow, which)
        rows = list((await migrations_by_id(connection, [which])).values())
    else:
        flows = [flow] if flow is not None else [str(name) for name in desk.flows]
        rows = list((await latest_migrations(connection, flows)).values())
    return [
        Standing(
            migration=row,
            seeding=await seeding_of(connection, row.id),
            gates=await gates_of(connection, desk, await of_flow(connection, row.flow, row.id), now),
            windows=await windows_of(connection, row.id, last),
        )
        for row in rows
    ]


def parts_of(standing: Standing, now: datetime, *, whole: bool) -> list[RenderableType]:
    """For a terminal; without gates and windows unless `whole`."""
    parts: list[RenderableType] = list(migration_shown(standing.migration, standing.seeding, now))
    if whole:
        parts += [gates_shown(standing.gates), *windows_shown(standing.windows)]
    return parts


def show(console: Console, standing: Standing, now: datetime, *, whole: bool = True) -> None:
    """Print it; a line longer than the terminal stays one, so that a digest can be copied."""
    for part in parts_of(standing, now, whole=whole):
        console.print(part, soft_wrap=not isinstance(part, Table))


async def look_again(
    look: Callable[[], Awaitable[Standing]], pause: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> AsyncGenerator[Standing, None]:
    """As it stands now, then every LOOKS_EVERY_S, up to and with the first standing that moves no more by itself."""
    while True:
        standing = await look()
        yield standing
        if not standing.moves:
            return
        await pause(LOOKS_EVERY_S)


async def watch(
    console: Console,
    look: Callable[[], Awaitable[Standing]],
    clock: Callable[[], datetime],
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Standing:
    """Redraw at a terminal; elsewhere print the lines of the object whenever they tell of a change. Gives the last."""
    seen: Standing | None = None
    with Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else nullcontext() as live:
        async with aclosing(look_again(look, pause)) as looks:
            async for standing in looks:
                if live is not None:
                    live.update(Group(*parts_of(standing, clock(), whole=True)), refresh=True)
                elif seen is None or (standing.migration, standing.seeding) != (seen.migration, seen.seeding):
                    show(console, standing, clock(), whole=False)
                seen = standing
    return standing
