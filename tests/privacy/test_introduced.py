"""The rights of somebody whom a channel met first: the hub's own record of him needs nobody else's hand."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import text

from hub.contacts.desk import ContactDesk
from hub.contacts.introduce import NewCustomer, introduce
from hub.contacts.recognise_caller import Clues
from hub.flows.follow_joins import follow_joins
from hub.privacy.export import export
from hub.privacy.rectify import Right, rectify
from hub.privacy.requests import Request
from hub.store.engine import Database
from tests.flows.building import RULES, apply_page, at, content, declare_flow, page, person
from tests.privacy.test_erase import erased
from tests.privacy.test_told import receipts

pytestmark = pytest.mark.slow

DESK = ContactDesk(RULES.recognition, RULES.keys, follow_joins)
EVA = "eva@example.com"


async def eva(database: Database) -> UUID:
    """Met by a channel, and known to the CRM by the same address; customers flow in from there."""
    lane = await declare_flow(database, "crm")
    async with database.transaction() as connection:
        await introduce(connection, DESK, NewCustomer("Eva Smit"), Clues(email=EVA), at(1))
    await apply_page(database, lane, page(content("1", person("Eva Smit", EVA), 2)))
    async with database.reading() as connection:
        (customer,) = await connection.scalars(text("SELECT id FROM customer"))
        assert isinstance(customer, UUID)
        return customer


async def ordered(database: Database) -> list[str]:
    async with database.reading() as connection:
        return list(await connection.scalars(text("SELECT target FROM outbound_command ORDER BY 1")))


async def test_an_erasure_asks_the_packages_and_not_the_hub_itself(database: Database) -> None:
    done = await erased(database, await eva(database))
    assert await receipts(database, done.request_id) == [("crm", 1, True)]
    assert await ordered(database) == []
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM source_record")) == 0


async def test_what_is_put_right_is_true_here_and_asked_of_the_packages(database: Database) -> None:
    customer = await eva(database)
    async with database.transaction() as connection:
        right = Right({"name": "Eva Smid"})
        asked = Request("steward", None, at(20_000))
        done = await rectify(connection, customer, right, RULES.recognition, RULES.keys, asked)
    assert [(one.system, one.command_id) for one in done.receipts] == [("crm", None)]
    assert await ordered(database) == []
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT name FROM customer")) == "Eva Smid"


async def test_a_copy_asks_the_packages_for_what_they_have_more_of_him(database: Database) -> None:
    customer = await eva(database)
    async with database.transaction() as connection:
        done = await export(connection, customer, RULES.keys, "NL", Request("steward", None, at(20_000)))
    assert done.systems == ("crm",)
    assert await receipts(database, done.request_id) == [("crm", 1, True)]
