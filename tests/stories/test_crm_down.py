"""A contact while the CRM is down: the hub knows what it knows, says so, and catches up when the CRM is back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import text

from examples.demo.tryton.server import TrytonServer
from hub.clock import utc_now
from hub.exchange.breaker import PROBE, Breaker
from hub.store.engine import Database
from tests.contacts.conducting import do
from tests.schema.serving import Api
from tests.stories.company import NAME, PHONE, RIGHT, Company, company, emails_in, notes_in, until_known
from tests.stories.test_the_typo import CORRECT, FILES, WRAP_UP
from tests.waiting import until

pytestmark = pytest.mark.slow

START: Final = """mutation($input: StartSessionInput!) { startSession(input: $input) {
  recognition
  session { id contactId registeredAt customer {
    id name contactMedia { id kind } sources { system state stale } } }
  problems { code } } }"""
SOURCES: Final = "query($phone: String!) { customer(by: {phone: $phone}) { sources { system state stale } } }"
NEW: Final = "Noor Visser"


async def calls(api: Api, **given: Any) -> Any:
    return await do(api, "startSession", START, channel="call-centre", **given)


async def hangs_up(api: Api, session: Any) -> None:
    await do(api, "wrapUpSession", WRAP_UP, sessionId=session["id"], disposition="Served without the CRM")


async def until_suspended(api: Api) -> None:
    async def suspended() -> bool:
        (source,) = (await api.ask(SOURCES, {"phone": PHONE})).data["customer"]["sources"]
        return bool(source["state"] == "SUSPENDED")

    await until(suspended, timeout_s=90, what="the word that the CRM is away")


async def look_now(database: Database) -> None:
    """The hub looks by itself half a minute after its last look; nobody needs to wait for that here."""
    async with database.transaction() as connection:
        await Breaker("crm", 1, database).hasten(connection, utc_now())
        await connection.execute(
            text("UPDATE dispatch SET ready_at = :now WHERE kind = :probe AND state = 'READY'"),
            {"now": utc_now(), "probe": PROBE},
        )


async def caught_up(world: Company, name: str, contact: str) -> None:
    """The contact's start and its end stand beside the customer at the CRM."""

    async def told() -> bool:
        notes = [note for note in await asyncio.to_thread(notes_in, world.crm, name) if contact in note]
        return len(notes) == 2 and any("Served without the CRM" in note for note in notes)

    await until(told, timeout_s=120, what=f"{contact} at the CRM")


async def test_a_contact_without_the_crm_reaches_it_once_it_is_back(
    crm: TrytonServer, database: Database, database_url: str, tmp_path: Path
) -> None:
    async with asyncio.timeout(400), company(crm, database, database_url, tmp_path, FILES) as world:
        api = world.api
        await until_known(api)
        await asyncio.to_thread(crm.stop)
        await until_suspended(api)

        called = await calls(api, known={"phone": PHONE}, reason="A question")
        session, customer = called["session"], called["session"]["customer"]
        assert (called["recognition"], customer["name"], called["problems"]) == ("RECOGNISED", NAME, [])
        assert customer["sources"] == [{"system": "crm", "state": "SUSPENDED", "stale": True}]
        assert session["registeredAt"] is not None
        (email,) = [medium["id"] for medium in customer["contactMedia"] if medium["kind"] == "EMAIL"]
        await do(api, "correctContactMedium", CORRECT, contactMediumId=email, value=RIGHT, sessionId=session["id"])
        await hangs_up(api, session)

        unknown = {"known": {"phone": "06-87654321"}, "newCustomer": {"name": NEW}}
        newcomer = (await calls(api, **unknown))["session"]
        assert newcomer["customer"]["name"] == NEW
        await hangs_up(api, newcomer)

        await asyncio.to_thread(crm.start)
        await look_now(database)
        await caught_up(world, NAME, session["contactId"])
        assert await asyncio.to_thread(emails_in, crm) == [RIGHT]
        await caught_up(world, NEW, newcomer["contactId"])

        async def closed() -> bool:
            (source,) = (await api.ask(SOURCES, {"phone": PHONE})).data["customer"]["sources"]
            return bool(source["state"] == "ACTIVE")

        await until(closed, timeout_s=60, what="the word that the CRM is back")
