"""`hub keys`: other master keys, without a moment in which something cannot be read."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.console import Console
from rich.progress import Progress

from hub.entrypoints.installation import database_url
from hub.errors import Conflict, Invalid
from hub.settings.environment import Settings
from hub.store.engine import Database, open_engine
from hub.store.master_key import KEY_BYTES, MasterKeys, load_master_keys
from hub.store.rewrap_keys import count_keys, rewrap_keys, wrapped_by
from hub.store.wrapping import FIRST, Wrapping

application = typer.Typer(
    name="keys",
    help="The master keys that wrap every person's data key. To rotate: add, promote, rewrap, retire.",
    no_args_is_help=True,
)
CONSOLE = Console(soft_wrap=True, highlight=False)

Output: TypeAlias = Annotated[
    Path, typer.Option(help="The new key file; it must not exist, and only you may read it. Keys are never printed.")
]


@application.command("add")
def add(output: Output) -> None:
    """Write the keys with a fresh one behind them, which opens and does not wrap yet.

    Give the file to every process and restart them one by one. Example: hub keys add --output master-2.key
    """
    now = load_master_keys(Settings())
    _write(output, MasterKeys((*now.keys, os.urandom(KEY_BYTES)), now.proofs))
    CONSOLE.print(f"{output} has {len(now.keys) + 1} keys. Restart every process with it, then `hub keys promote`.")


@application.command("promote")
def promote(output: Output) -> None:
    """Write the keys with the last one first: it wraps from now on, and the others still open.

    Example: hub keys promote --output master-3.key
    """
    now = load_master_keys(Settings())
    if len(now.keys) == 1:
        raise Conflict("there is one key only: `hub keys add` comes first")
    _write(output, MasterKeys((now.keys[-1], *now.keys[:-1]), now.proofs))
    CONSOLE.print(f"{output} has the new key first. Restart every process with it, then `hub keys rewrap`.")


@application.command("rewrap")
def rewrap() -> None:
    """Wrap every data key under the first key, while the hub goes on; interrupted, it is simply called again.

    Example: HUB_MASTER_KEY_FILE=master-3.key hub keys rewrap
    """
    settings = Settings()
    wrapping = Wrapping(load_master_keys(settings).keys)
    with database_url(settings) as url:
        anew, left = asyncio.run(_rewrap(url, wrapping))
    CONSOLE.print(f"{anew} data keys wrapped anew; {left} lie under other keys.")
    if left:
        raise Conflict("a process made keys under an earlier one meanwhile: restart it, then call this again")


@application.command("status")
def status() -> None:
    """How many data keys each master key has wrapped, in the order of the file.

    Example: hub keys status
    """
    keys = load_master_keys(Settings()).keys
    for place, count in _counted(keys).items():
        CONSOLE.print(f"key {place + 1}{' (wraps)' if place == FIRST else ''}: {count} data keys")


@application.command("retire")
def retire(output: Output) -> None:
    """Write the first key alone; refused while another one is needed.

    Restart every process with the file and destroy the others. Example: hub keys retire --output master-4.key
    """
    now = load_master_keys(Settings())
    needed = sum(count for place, count in _counted(now.keys).items() if place != FIRST)
    if needed:
        raise Conflict(f"{needed} data keys lie under other keys: `hub keys rewrap` comes first")
    _write(output, MasterKeys(now.keys[:1], now.proofs))
    CONSOLE.print(f"{output} has the first key alone. Restart every process with it, then destroy the earlier files.")


def _write(output: Path, keys: MasterKeys) -> None:
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Invalid(f"{output} cannot be made: {error.strerror}", ("output",)) from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(keys.written())
        file.flush()
        os.fsync(file.fileno())


def _counted(keys: tuple[bytes, ...]) -> Mapping[int, int]:
    async def counted(url: str) -> Mapping[int, int]:
        database = Database(open_engine(url))
        try:
            async with database.reading() as connection:
                found = await wrapped_by(connection, Wrapping(keys))
        finally:
            await database.aclose()
        return {place: found.get(place, 0) for place in range(len(keys))}

    with database_url(Settings()) as url:
        return asyncio.run(counted(url))


async def _rewrap(url: str, wrapping: Wrapping) -> tuple[int, int]:
    database = Database(open_engine(url))
    try:
        async with database.reading() as connection:
            total = await count_keys(connection)
        anew = 0
        with Progress(console=CONSOLE, transient=CONSOLE.is_terminal) as progress:
            task = progress.add_task("Wrapping data keys", total=total)
            async for seen, wrapped in rewrap_keys(database, wrapping):
                anew += wrapped
                progress.advance(task, seen)
        async with database.reading() as connection:
            counts = await wrapped_by(connection, wrapping)
        return anew, sum(count for place, count in counts.items() if place != FIRST)
    finally:
        await database.aclose()
