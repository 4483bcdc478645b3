"""BottleCRM pushes: its own signed calls, on their way into the golden record and to a subscriber."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.clock import utc_now
from hub.flows.start_run import start_run
from hub.records.identity import FlowName
from hub.store.engine import Database
from tests.acceptance.pushing_company import PushingCompany, pushing_company
from tests.bottlecrm.running import RunningBottleCrm
from tests.bottlecrm.sql import run_sql
from tests.schema.company import gid
from tests.schema.following import acknowledged
from tests.waiting import until

pytestmark = pytest.mark.slow

ANNA = {"first_name": "Anna", "last_name": "de Vries", "email": "anna@example.org", "phone": "+31612345678"}
FOLLOW = """
subscription Follow($id: ID!) {
  customerUpdates(id: $id) { event customer { name leads(first: 5) { edges { node { name state rating amount } } } } }
}
"""


@pytest.fixture
async def company(
    bottlecrm: RunningBottleCrm, database: Database, database_url: str, tmp_path: Path
) -> AsyncIterator[PushingCompany]:
    run_sql(bottlecrm.dsn, "TRUNCATE lead, contacts, webhook_endpoint CASCADE")
    async with pushing_company(bottlecrm, database, database_url, tmp_path) as company:
        yield company


async def customer(company: PushingCompany, name: str) -> str | None:
    """The id of the living golden customer of this name."""
    async with company.database.reading() as connection:
        found = await connection.scalar(
            text("SELECT id::text FROM customer WHERE name = :name AND NOT deleted"), {"name": name}
        )
    return None if found is None else str(found)


async def leads(company: PushingCompany) -> list[tuple[str, str, str | None, bool]]:
    """(name, state, rating, deleted) of every golden lead."""
    async with company.database.reading() as connection:
        rows = await connection.execute(text("SELECT name, state, rating, deleted FROM sales_lead ORDER BY name"))
        return [(row.name, row.state, row.rating, row.deleted) for row in rows]


async def settled(company: PushingCompany) -> bool:
    """Whether every event that came was taken in and no work is left or dead."""
    async with company.database.reading() as connection:
        waiting = await connection.scalar(text("SELECT count(*) FROM inbox_event WHERE state = 'NEW'"))
        open_work = await connection.scalar(
            text("SELECT count(*) FROM dispatch WHERE kind = 'inbox.apply' AND state <> 'DONE'")
        )
    return (waiting, open_work) == (0, 0)


async def ended(company: PushingCompany) -> bool:
    """Whether the only lead is gone."""
    return [deleted for _, _, _, deleted in await leads(company)] == [True]


async def counted(company: PushingCompany) -> dict[str, int]:
    """Events, versions kept and changes told."""
    async with company.database.reading() as connection:
        row = (
            await connection.execute(
                text(
                    """SELECT (SELECT count(*) FROM inbox_event) AS events,
                         (SELECT count(*) FROM document_version) AS versions,
                         (SELECT count(*) FROM change_pending) + (SELECT count(*) FROM change_feed) AS told"""
                )
            )
        ).one()
        return dict(row._mapping)


def told(message: dict[str, Any]) -> list[dict[str, Any]]:
    """The leads in a message of the subscription."""
    assert message["type"] == "next", message
    edges = message["payload"]["data"]["customerUpdates"]["customer"]["leads"]["edges"]
    return [edge["node"] for edge in edges]


async def test_a_lead_made_in_bottlecrm_reaches_the_golden_record_and_a_subscriber(company: PushingCompany) -> None:
    contact = await company.make("contacts/", ANNA)
    anna = await until(lambda: customer(company, "Anna de Vries"), 30, "the contact")
    async with asyncio.timeout(60), acknowledged(company.address, company.token()) as client:
        await client.subscribe(FOLLOW, {"id": gid("Customer", UUID(anna))})
        assert told(await client.hear()) == []
        lead = {"title": "Heat pump", "status": "assigned", "rating": "HOT", "opportunity_amount": "1200.50"}
        await company.make("leads/", {**lead, "contacts": [contact]})
        heard = told(await client.hear())
        while not heard:
            heard = told(await client.hear())

    assert heard == [{"name": "Heat pump", "state": "ACKNOWLEDGED", "rating": "HOT", "amount": "1200.50"}]
    assert await leads(company) == [("Heat pump", "ACKNOWLEDGED", "HOT", False)]


async def test_a_lead_is_followed_through_its_changes_to_its_end(company: PushingCompany) -> None:
    lead = await company.make("leads/", {"title": "Heat pump", "status": "assigned", "contacts": []})
    for number in range(5):
        await company.call("PATCH", f"leads/{lead}/", {"title": f"Heat pump {number}", "status": "in process"})

    async def changed() -> bool:
        return await leads(company) == [("Heat pump 4", "IN_PROGRESS", None, False)]

    await until(changed, 30, "the last change")
    await company.call("DELETE", f"leads/{lead}/")

    async def deleted() -> bool:
        return await leads(company) == [("Heat pump 4", "IN_PROGRESS", None, True)]

    await until(deleted, 30, "the end")
    await until(lambda: settled(company), 30, "every event")


async def test_events_that_bottlecrm_delivers_again_change_nothing(company: PushingCompany) -> None:
    lead = await company.make("leads/", {"title": "Heat pump", "status": "assigned", "contacts": []})
    await company.call("PATCH", f"leads/{lead}/", {"title": "Boiler"})

    async def renamed() -> bool:
        return [name for name, *_ in await leads(company)] == ["Boiler"]

    # A lead that is gone before the hub has read it leaves nothing but its tombstone.
    await until(renamed, 30, "the change")
    await company.call("DELETE", f"leads/{lead}/")
    await until(lambda: ended(company), 30, "the end")
    await until(lambda: settled(company), 30, "every event")
    before = await counted(company)

    assert await company.deliver_all_again() == 3

    await until(lambda: settled(company), 30, "every event")
    assert await counted(company) == before
    assert (await ended(company), before["events"]) == (True, 3)


async def test_an_event_that_the_hub_could_not_store_comes_again_and_is_taken_in(company: PushingCompany) -> None:
    async with company.database.transaction() as connection:
        await connection.execute(text("ALTER TABLE inbox_event RENAME TO inbox_event_away"))
    await company.make("leads/", {"title": "Heat pump", "status": "assigned", "contacts": []})
    async with company.database.transaction() as connection:
        await connection.execute(text("ALTER TABLE inbox_event_away RENAME TO inbox_event"))
    assert await leads(company) == []

    await asyncio.to_thread(company.lms.deliver_what_failed)

    async def arrived() -> bool:
        return await leads(company) == [("Heat pump", "ACKNOWLEDGED", None, False)]

    await until(arrived, 30, "the lead")


async def test_a_webhook_that_never_came_is_found_by_the_next_full_run(company: PushingCompany) -> None:
    kept = await company.make("leads/", {"title": "Told", "status": "assigned", "contacts": []})
    gone = await company.make("leads/", {"title": "Told, then gone", "status": "assigned", "contacts": []})

    async def both() -> bool:
        return len(await leads(company)) == 2

    await until(both, 30, "the leads that were told")
    await company.silence()
    await company.make("leads/", {"title": "Never told", "status": "assigned", "contacts": []})
    await company.call("PATCH", f"leads/{kept}/", {"status": "closed"})
    await company.call("DELETE", f"leads/{gone}/")
    async with company.database.transaction() as connection:
        await start_run(connection, FlowName("lms-leads"), utc_now())

    async def caught_up() -> bool:
        return await leads(company) == [
            ("Never told", "ACKNOWLEDGED", None, False),
            ("Told", "REJECTED", None, False),
            ("Told, then gone", "ACKNOWLEDGED", None, True),
        ]

    await until(caught_up, 60, "the run")


async def test_nothing_of_a_call_is_kept_that_bottlecrm_did_not_sign(company: PushingCompany) -> None:
    forged = {"x-bottlecrm-signature": f"t={int(utc_now().timestamp())},v1={'0' * 64}"}

    answer = await company.http.post("/webhooks/lms", content=b"{}", headers=forged)

    assert answer.status_code == 401
    async with company.database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM inbox_event")) == 0
