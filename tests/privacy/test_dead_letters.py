"""What a person restores from the dead letters makes nobody of an erased customer, at a system or here."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import text

from adapters.memory.store import MemoryStore
from hub.exchange.inbox import Inbox, PushedEvent
from hub.exchange.want import NewObject, want_create
from hub.flows.stuck_work import WorkVerdict, retry_work, settle_work
from hub.records.identity import Entity
from hub.store.engine import Database
from hub.work.dead_letters import StuckWork, stuck_ids
from tests.flows.building import RULES, apply_page, at, content, declare_flow, page, person
from tests.flows.outbound import WatchedPort, commands, declare_outbound, outbound_room, work_off
from tests.flows.test_create import REAL_TIME
from tests.privacy.test_erase import erased
from tests.stewardship.building import owner


async def jan(database: Database) -> UUID:
    """He is known to the LMS, and corrections lead to the CRM."""
    await declare_outbound(database, REAL_TIME)
    lane = await declare_flow(database, "lms")
    await apply_page(database, lane, page(content("9", person("Jan Smit", "jan@example.com"), 1)))
    return await owner(database, "lms", "9")


async def stuck(database: Database, statement: str, work: str) -> list[int]:
    """What was ordered, stuck in this state."""
    async with database.transaction() as connection:
        await connection.execute(text(statement))
        await connection.execute(text("UPDATE dispatch SET state = :state"), {"state": work})
        return await stuck_ids(connection, StuckWork(), 10)


@pytest.mark.parametrize("state", ["DEAD", "REFUSED", "UNKNOWN"])
async def test_a_creation_that_is_tried_again_after_he_was_erased_creates_nothing(
    database: Database, state: str
) -> None:
    customer = await jan(database)
    store = MemoryStore()
    room = outbound_room(database, WatchedPort(store), REAL_TIME)
    new = NewObject("crm", Entity.CUSTOMER, f"crm/customer/{customer}", str(customer))
    async with database.transaction() as connection:
        await want_create(connection, new, person("Jan Smit", "jan@example.com"), at(2))
    sent = "NULL" if state == "DEAD" else "now()"
    ids = await stuck(
        database,
        f"UPDATE outbound_command SET state = '{state}', sent_at = {sent}",
        "UNKNOWN" if state == "UNKNOWN" else "DEAD",
    )
    await erased(database, customer)
    async with database.transaction() as connection:
        if state == "UNKNOWN":
            await settle_work(connection, ids, WorkVerdict.SEND_AGAIN, "not there", "mia", at(20_001))
        else:
            await retry_work(connection, ids, "mia", at(20_001))
    await work_off(room)
    assert store.objects(Entity.CUSTOMER) == {}
    told = {row.operation: (row.state, row.outcome_code) for row in await commands(database)}
    assert told["CREATE"] == ("CANCELLED", "ERASED")


async def test_an_event_of_his_that_is_tried_again_brings_nobody_in(database: Database) -> None:
    customer = await jan(database)
    room = outbound_room(database, WatchedPort(MemoryStore()), REAL_TIME)
    event = PushedEvent("lms", "e1", {}, b"Jan Smit", "inbox/lms/customer/9")
    await Inbox(database, RULES.keys, lambda: at(3)).take(event)
    ids = await stuck(database, "SELECT 1", "DEAD")
    await erased(database, customer)
    async with database.transaction() as connection:
        await retry_work(connection, ids, "mia", at(20_001))
    await work_off(room)
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM customer")) == 0
        work = await connection.execute(text("SELECT state FROM dispatch WHERE kind = 'inbox.apply'"))
        assert list(work.scalars()) == ["DONE"]
