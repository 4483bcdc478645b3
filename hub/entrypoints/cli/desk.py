"""What the commands for a person at the machine share: the engine's room, who he is, and how he says when."""

from __future__ import annotations

import asyncio
import os
import pwd
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, TypeAlias, TypeVar

import typer

from hub.clock import utc_now
from hub.entrypoints.declaring import declare
from hub.entrypoints.installation import Installation, installation, migrate
from hub.entrypoints.wiring import engine_room
from hub.errors import Invalid
from hub.flows.engine_room import EngineRoom
from hub.flows.terms import Terms
from hub.settings.environment import Settings

T = TypeVar("T")

Since: TypeAlias = Annotated[
    str | None, typer.Option(help="Not older than this: an ISO 8601 time; UTC unless it says otherwise.")
]
System: TypeAlias = Annotated[str | None, typer.Option(help="Of this system only.")]
EntityName: TypeAlias = Annotated[str | None, typer.Option("--entity", help="Of this entity only: customer, ...")]
Code: TypeAlias = Annotated[str | None, typer.Option(help="With this code only.")]


def at_the_desk(work: Callable[[EngineRoom], Awaitable[T]]) -> T:
    """Run `work` in the engine's room of this installation, on a database with the newest schema."""
    with installation(Settings()) as hub:
        return asyncio.run(_in_room(hub, work))


async def _in_room(hub: Installation, work: Callable[[EngineRoom], Awaitable[T]]) -> T:
    await migrate(hub.database_url)
    database = hub.open_database()
    room = engine_room(hub.configuration, hub.adapters, database, hub.keys(), utc_now)
    try:
        await declare(hub, database)
        return await work(room)
    finally:
        await room.systems.aclose()
        await database.aclose()


def terms_of(room: EngineRoom) -> Terms:
    """The room without its systems."""
    return Terms(room.mappings, room.recognition, room.keys)


def person() -> str:
    """Who the audit trail says did it: whoever runs the command on this machine."""
    try:
        return f"cli:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:  # a container runs under a number without a name
        return f"cli:{os.getuid()}"


def time_of(written: str | None) -> datetime | None:
    """The time a person wrote; Invalid for what is none."""
    if written is None:
        return None
    try:
        time = datetime.fromisoformat(written)
    except ValueError:
        raise Invalid(f"{written!r} is no time; write it as 2026-03-02T12:00") from None
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


def shown_time(time: datetime | None) -> str:
    """A time for a table, in UTC."""
    return "" if time is None else time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
