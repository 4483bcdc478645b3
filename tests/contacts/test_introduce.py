"""A new customer of a channel is recognised like any record, and all that follows from it follows."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from hub.contacts.desk import ContactDesk
from hub.contacts.introduce import NewCustomer, introduce
from hub.contacts.recognise_caller import Clues
from hub.flows.follow_joins import follow_joins
from hub.records.belongings import SalesOrderRecord
from hub.records.enums import RequestState
from hub.records.identity import Entity
from hub.store.engine import Database
from tests.flows.building import RULES, apply_page, at, content, declare_flow, page, person
from tests.likeness.building import let_experience_decide
from tests.stewardship.building import owner
from tests.stewardship.test_own_rows import BEFORE, lanes_of, promise, whose

pytestmark = pytest.mark.slow

DESK = ContactDesk(RULES.recognition, RULES.keys, follow_joins)


async def test_what_people_have_whom_a_new_customer_of_a_channel_joins_comes_along(database: Database) -> None:
    crm, lms = await lanes_of(database, "crm", "lms")
    orders = await declare_flow(database, "lms", Entity.SALES_ORDER)
    await apply_page(database, crm, page(content("1", person("Eva", "eva@example.com"), 1)))
    await apply_page(database, lms, page(content("9", person("Eva", "+31611111111"), 1)))
    bought = SalesOrderRecord(customer="9", state=RequestState.COMPLETED)
    await apply_page(database, orders, page(content("77", bought, 1)))
    await promise(database, "it", await owner(database, "lms", "9"), BEFORE)
    for lane, gone in ((crm, "1"), (lms, "9")):
        await apply_page(database, lane, page(gone={gone: at(2)}))
    async with database.transaction() as connection:
        known = Clues(phone="+31611111111", email="eva@example.com")
        eva = await introduce(connection, DESK, NewCustomer("Eva"), known, at(3))
    assert [await owner(database, *one) for one in (("crm", "1"), ("lms", "9"))] == [eva, eva]
    assert list((await whose(database)).values()) == [eva]
    assert list((await whose(database, "sales_order")).values()) == [eva]
    async with database.reading() as connection:
        told = "SELECT count(*) FROM audit_event WHERE action = 'linkCustomer' AND detail->'customers' ? :eva"
        assert await connection.scalar(text(told), {"eva": str(eva)}) == 1


async def test_a_new_customer_has_a_likeness_and_is_proposed_like_any_other(database: Database) -> None:
    await let_experience_decide(database)
    async with database.transaction() as connection:
        await introduce(connection, DESK, NewCustomer("Eva Nieuw"), Clues(phone="+31611111111"), at(3))
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM likeness WHERE system = 'hub'")) == 1
