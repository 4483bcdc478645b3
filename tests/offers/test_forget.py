"""Old decisions and events go by schedule, what still counts stays, and nothing that went comes back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from hub.offers.forget_decisions import forget_contact_events, forget_decisions
from hub.offers.reported import OLDEST
from hub.offers.tables import ContactEvent, Decision, NextBestAction
from hub.settings.privacy import KeepDays
from hub.store.engine import Database
from tests.schema.company import NOW, add, uid

SECOND = timedelta(seconds=1)
DECISIONS_KEPT, EVENTS_KEPT = timedelta(days=366), timedelta(days=732)


async def add_decision(database: Database, name: str, age: timedelta) -> None:
    async with database.transaction() as connection:
        await add(
            connection,
            Decision,
            id=uid(name),
            customer_id=uid("Anna"),
            channel="web",
            source="HUB",
            cause="REQUEST",
            catalogue="1",
            asked_for=5,
            principal="test",
            decided_at=NOW - age,
        )
        factors = {"propensity": 0.1, "context": 1.0, "value": 1.0, "levers": 1.0}
        action: dict[str, Any] = {"rank": 1, "proposition": "fibre", "treatment": "plain", **factors}
        await add(connection, NextBestAction, id=uid(f"{name} action"), decision_id=uid(name), **action)


async def add_event(database: Database, name: str, age: timedelta, counted: bool = True) -> None:
    async with database.transaction() as connection:
        await add(
            connection,
            ContactEvent,
            event_id=name,
            customer_id=uid("Anna"),
            channel="web",
            kind="SHOWN",
            proposition="fibre",
            counted=counted,
            occurred_at=NOW - age,
            recorded_at=NOW - age,
            principal="test",
            digest=b"",
        )


async def left(database: Database, table: str, column: str) -> list[Any]:
    async with database.reading() as connection:
        return list((await connection.execute(text(f"SELECT {column} FROM {table} ORDER BY 1"))).scalars())


async def test_decisions_go_with_their_entries_after_a_year_in_batches(database: Database) -> None:
    await add_decision(database, "young", DECISIONS_KEPT - SECOND)
    await add_decision(database, "old", DECISIONS_KEPT + SECOND)
    await add_decision(database, "older", DECISIONS_KEPT + 2 * SECOND)
    async with database.transaction() as connection:
        assert await forget_decisions(connection, NOW - DECISIONS_KEPT, 1) == 1
    assert uid("older") not in await left(database, "decision", "id")
    async with database.transaction() as connection:
        assert [await forget_decisions(connection, NOW - DECISIONS_KEPT, 10) for _ in range(2)] == [1, 0]
    assert await left(database, "decision", "id") == [uid("young")]
    assert await left(database, "next_best_action", "id") == [uid("young action")]


async def test_events_go_after_two_years_once_they_were_counted(database: Database) -> None:
    await add_event(database, "young", EVENTS_KEPT - SECOND)
    await add_event(database, "old", EVENTS_KEPT + SECOND)
    await add_event(database, "uncounted", EVENTS_KEPT + SECOND, counted=False)
    async with database.transaction() as connection:
        assert await forget_contact_events(connection, NOW - EVENTS_KEPT, 10) == 1
    assert await left(database, "contact_event", "event_id") == ["uncounted", "young"]


def test_what_is_forgotten_is_too_old_to_be_taken_in_again() -> None:
    with pytest.raises(ValidationError):
        KeepDays(contact_events=731)
    assert EVENTS_KEPT > OLDEST
