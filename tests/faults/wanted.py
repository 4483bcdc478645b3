"""What business rooms want of other systems meanwhile, and the hub has kept: corrections and new customers."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import utc_now
from hub.exchange.want import NewObject, Target, want_create, want_update
from hub.ports.writing import FieldChange
from hub.records.customer import CustomerRecord
from hub.records.identity import Entity, ExternalId
from hub.store.engine import Database
from tests.faults.steering import OUTAGES
from tests.waiting import until

OBJECTS: Final = 12
"""Corrections concern so few objects that they meet each other on the way."""


@dataclass
class Wanted:
    """`values`: by object its corrections in their order. `made`: office and name of each new customer."""

    values: dict[str, list[str]] = field(default_factory=dict)
    made: list[tuple[str, str]] = field(default_factory=list)
    number: int = 0

    async def correct(self, database: Database, rng: random.Random) -> None:
        """A correction of one of a few objects."""
        self.number += 1
        key, new = str(rng.randrange(OBJECTS)), f"N{self.number}"
        old = self.values.get(key, [""])[-1]
        target = Target("office", Entity.CUSTOMER, ExternalId(key), f"customer-{key}")

        async def want(connection: AsyncConnection) -> None:
            await want_update(connection, target, [FieldChange(("name",), old, new)], utc_now())

        statement = """SELECT count(*) FROM target_image
            WHERE target = 'office' AND external_id = :key AND wanted->>'name' = :new"""
        if await _kept(database, want, statement, {"key": key, "new": new}):
            self.values.setdefault(key, []).append(new)

    async def register(self, database: Database, rng: random.Random) -> None:
        """A new customer for the office that keeps keys, or for the one that keeps none."""
        self.number += 1
        name, office = f"New {self.number}", rng.choice(("registry", "till"))
        target = NewObject(office, Entity.CUSTOMER, f"{office}/{self.number}", f"new-{self.number}")

        async def want(connection: AsyncConnection) -> None:
            await want_create(connection, target, CustomerRecord(name=name), utc_now())

        if await _kept(database, want, "SELECT count(*) FROM outbound_command WHERE key = :key", {"key": target.key}):
            self.made.append((office, name))


async def _kept(
    database: Database, want: Callable[[AsyncConnection], Awaitable[None]], statement: str, binds: dict[str, str]
) -> bool:
    """Whether the wish is there; where the answer to its commit was lost, the database is asked."""

    async def look() -> str | None:
        try:
            async with database.reading() as connection:
                return "kept" if await connection.scalar(text(statement), binds) else "gone"
        except OUTAGES:
            return None

    try:
        async with database.transaction() as connection:
            await want(connection)
    except OUTAGES:
        return await until(look, what="the database is back") == "kept"
    return True
