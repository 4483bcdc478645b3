"""What one answer showed is one event, but where somebody was shown within another contact; sealed like any other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.store.engine import Database
from hub.store.keys import KeyRing
from hub.store.origin import NOWHERE, Origin
from hub.store.record_reads import Look, Shown, record_reads
from hub.store.seal_audit import seal_audit
from hub.store.verify_audit import verify_audit

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEYS = KeyRing(b"k" * 32)
ANNA, BEN, COR, DORA = (UUID(int=number) for number in range(1, 5))
CALL, EARLIER, OPEN = (UUID(int=number) for number in range(11, 14))
ALL = (ANNA, BEN, COR, DORA)

Event = tuple[str, str, UUID | None, str | None, list[UUID] | None, dict[str, object]]


async def begin(database: Database, session: UUID, customer: UUID | None, agent: str | None, minute: int) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            text(
                """INSERT INTO customer_session
                     (id, contact_id, channel, direction, phase, state, level, agent, customer_id, started_at,
                      active_at)
                   VALUES (:id, :contact, 'call-centre', 'INBOUND', 'DIALOG', 'ACTIVE', 'ANONYMOUS', :agent, :customer,
                     :at, :at)"""
            ),
            {
                "id": session,
                "contact": f"C-{session.int}",
                "agent": agent,
                "customer": customer,
                "at": NOW + timedelta(minutes=minute),
            },
        )


async def look(database: Database, *looks: tuple[UUID, ...], session: UUID | None = None) -> None:
    origin = NOWHERE if session is None else Origin(None, None, session)
    shown = Shown("agent", "Query.customers", "Page", "r", origin)
    async with database.transaction() as connection:
        await record_reads(connection, [Look(shown, NOW + timedelta(hours=1), customers) for customers in looks])


async def events(database: Database) -> list[Event]:
    """Object, session, channel, customers and detail of each in order."""
    async with database.reading() as connection:
        rows = await connection.execute(
            text("SELECT object_type, object_id, session, channel, customers, detail FROM audit_event ORDER BY id")
        )
        return [tuple(row) for row in rows]


DETAIL: dict[str, object] = {"place": "Query.customers", "operation": "Page"}


async def test_each_answer_is_one_event_in_the_order_of_the_answers(database: Database) -> None:
    await look(database, (ANNA, BEN), (COR,), (DORA, ANNA, COR))
    assert await events(database) == [
        ("Customers", "Query.customers", None, None, [ANNA, BEN], DETAIL),
        ("Customer", str(COR), None, None, None, DETAIL),
        ("Customers", "Query.customers", None, None, [DORA, ANNA, COR], DETAIL),
    ]


async def test_whom_he_has_a_contact_with_stands_apart_within_the_latest_one(database: Database) -> None:
    await begin(database, EARLIER, BEN, "agent", 1)
    await begin(database, CALL, BEN, "agent", 2)
    await begin(database, OPEN, COR, "another", 3)
    await look(database, ALL)
    assert sorted(await events(database)) == [
        ("Customer", str(BEN), CALL, "call-centre", None, DETAIL),
        ("Customers", "Query.customers", None, None, [ANNA, COR, DORA], DETAIL),
    ]


async def test_a_named_session_counts_for_its_customer_and_is_told_as_claimed_of_others(database: Database) -> None:
    await begin(database, CALL, BEN, "agent", 1)
    await begin(database, EARLIER, BEN, None, 0)
    await look(database, ALL, session=EARLIER)
    assert sorted(await events(database)) == [
        ("Customer", str(BEN), EARLIER, "call-centre", None, DETAIL),
        ("Customers", "Query.customers", None, None, [ANNA, COR, DORA], DETAIL | {"claimedSession": str(EARLIER)}),
    ]


async def test_a_session_with_nobody_recognised_yet_counts_for_all(database: Database) -> None:
    await begin(database, OPEN, None, "agent", 1)
    await look(database, (ANNA, BEN), session=OPEN)
    assert await events(database) == [("Customers", "Query.customers", OPEN, "call-centre", [ANNA, BEN], DETAIL)]


@pytest.mark.parametrize(
    "change",
    [
        "customers = array_remove(customers, customers[1])",
        "customers = NULL",
        "customers = ARRAY[customers[2], customers[1]]",
        "customers = array_append(customers, gen_random_uuid())",
    ],
)
async def test_nobody_is_taken_from_a_sealed_event_or_put_into_it_unnoticed(database: Database, change: str) -> None:
    await look(database, (ANNA, BEN), (COR,))
    async with database.transaction() as connection:
        assert await seal_audit(connection, KEYS, NOW + timedelta(hours=2), 10) == 2
    async with database.transaction() as connection:
        assert (await verify_audit(connection, KEYS)).findings == []
        await connection.execute(text(f"UPDATE audit_event SET {change} WHERE customers IS NOT NULL"))
    async with database.reading() as connection:
        found = (await verify_audit(connection, KEYS)).findings
    assert found == ["event 1 of 2026-03-02T13:00:00+00:00 was changed after it was sealed"]
