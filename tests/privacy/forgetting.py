"""Turns of retention by their name, as the schedule takes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import text

from hub.entrypoints.retention import RETENTION, retention_turns
from hub.settings.privacy import KeepDays
from hub.store.engine import Database
from tests.flows.building import RULES

BY_NAME = {upkeep.name: upkeep for upkeep in RETENTION}


class Forget(Protocol):
    """One turn of `forget-{name}`; returns how many went."""

    async def __call__(
        self, database: Database, name: str, now: datetime, keep: KeepDays = ..., limit: int = ...
    ) -> int: ...


def forgetting(usual: KeepDays) -> Forget:
    """Keeping things as long as is `usual`, where a test says nothing else."""

    async def forget(database: Database, name: str, now: datetime, keep: KeepDays = usual, limit: int = 100) -> int:
        turn = retention_turns(RULES.keys, keep)[BY_NAME[f"forget-{name}"]]
        async with database.transaction() as connection:
            return await turn(connection, now, limit)

    return forget


async def column(database: Database, statement: str) -> list[Any]:
    """Its only column."""
    async with database.reading() as connection:
        return list((await connection.execute(text(statement))).scalars())
