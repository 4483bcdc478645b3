"""Connected systems as the hub last met them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.exchange.tables import ConnectedSystem
from hub.reads.rows import Shape, fetch


@dataclass(frozen=True, slots=True)
class SystemRow:
    """A package and how the last calls to it went."""

    name: str
    adapter: str
    roles: Sequence[str]
    state: str
    last_answer_at: datetime | None
    last_error_at: datetime | None
    last_error_code: str | None


SYSTEMS: Final = Shape(SystemRow, ConnectedSystem)


async def list_systems(connection: AsyncConnection) -> Sequence[SystemRow]:
    """All systems by name; hub.yaml bounds their number."""
    return await fetch(connection, SystemRow, select(*SYSTEMS.columns).order_by(ConnectedSystem.name))


async def systems_by_name(connection: AsyncConnection, names: Sequence[str]) -> Mapping[str, SystemRow]:
    """The systems with these names that hub.yaml knows."""
    statement = select(*SYSTEMS.columns).where(ConnectedSystem.name.in_(names))
    return {row.name: row for row in await fetch(connection, SystemRow, statement)}
