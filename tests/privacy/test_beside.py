"""Erasing a person whom a lane beside the one that counts knows: his twins go, and no cut-over brings him back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID

import orjson
import pytest
from sqlalchemy import text

from adapters.memory.store import MemoryStore
from hub.flows.apply import apply
from hub.flows.lane import LaneContext
from hub.privacy.erase import EraseTerms, erase
from hub.privacy.export import export
from hub.privacy.requests import Request
from hub.records.belongings import SalesOrderRecord
from hub.records.enums import RequestState
from hub.records.identity import Entity
from hub.records.lanes import LaneMode
from hub.records.migration import MigrationState
from hub.store.engine import Database
from tests.flows.building import RULES, apply_page, at, content, declare_flow, page, person
from tests.migration.steering import Steered, body
from tests.waiting import until

pytestmark = pytest.mark.slow

MAIL = "wilhelmina@example.com"
TWINS = "SELECT external_id FROM shadow_record UNION SELECT external_id FROM shadow_version ORDER BY 1"
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def erased(database: Database, name: str) -> tuple[set[str], UUID]:
    """Erase the customer of this name; the systems that are asked, and the request."""
    async with database.transaction() as connection:
        customer = await connection.scalar(text("SELECT id FROM customer WHERE name = :name"), {"name": name})
        asked = Request("steward", None, at(20_000))
        done = await erase(connection, customer, EraseTerms(RULES.keys, "NL", {}), asked)
        return {f"{receipt.system}:{receipt.external_id}" for receipt in done.receipts}, done.request_id


async def found(database: Database, statement: str) -> list[str]:
    async with database.reading() as connection:
        return [str(one) for one in (await connection.execute(text(statement))).scalars()]


async def beside(database: Database, system: str, entity: Entity = Entity.CUSTOMER) -> LaneContext:
    """A lane of a new flow that only fills twins."""
    lane = await declare_flow(database, system, entity)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE lane SET mode = 'SHADOW' WHERE id = :id"), {"id": lane.lane_id})
    return replace(lane, mode=LaneMode.SHADOW)


async def test_a_person_erased_while_a_candidate_runs_has_no_twin_and_does_not_come_back(database: Database) -> None:
    hub = Steered(database, MemoryStore())
    for number, name in enumerate(("Anna", "Wilhelmina"), 1):
        hub.store.put(Entity.CUSTOMER, str(number), body(name, f"{name}@example.com"))
    await hub.declare()
    await hub.until(MigrationState.SHADOW)
    assert await found(database, TWINS) == ["1", "2"]
    await erased(database, "Wilhelmina")
    assert await found(database, TWINS) == ["1"]
    hub.store.put(Entity.CUSTOMER, "2", body("Wilhelmina", "again@example.com"))
    for _ in range(2):
        await hub.window()
    await hub.approve()
    await hub.cut_over()
    await hub.work_off()
    await hub.window()
    assert (await hub.state(), await hub.names()) == (MigrationState.OBSERVING, ["Anna"])
    assert await found(database, TWINS) == ["1"]


async def test_a_record_that_only_a_candidate_knows_is_erased_with_the_person_whose_it_is(database: Database) -> None:
    crm, lms = await declare_flow(database, "crm"), await beside(database, "lms")
    await apply_page(database, crm, page(content("1", person("Wilhelmina Smit", MAIL), 1)))
    known_beside = page(
        content("8", person("Pieter Smit", MAIL), 2),
        content("9", person("Wilhelmina Smit", MAIL.upper()), 2),
        content("10", person("Anna Bakker", "anna@example.com"), 2),
    )
    alone = page(*(one for key, one in known_beside.contents.items() if key != "8"))
    await apply_page(database, lms, alone)
    async with database.transaction() as connection:
        customer = await connection.scalar(text("SELECT id FROM customer"))
        copy = (await export(connection, customer, RULES.keys, "NL", Request("steward", None, at(20_000)))).document
    assert [row["external_id"] for row in orjson.loads(copy)["parts"]["shadow_record"]] == ["9"]
    assert (await erased(database, "Wilhelmina Smit"))[0] == {"crm:1", "lms:9"}
    assert await found(database, TWINS) == ["10"]
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE lane SET mode = 'AUTHORITATIVE' WHERE id = :id"), {"id": lms.lane_id})
    await apply_page(database, replace(lms, mode=LaneMode.AUTHORITATIVE), known_beside)
    assert await found(database, "SELECT name FROM customer ORDER BY 1") == ["Anna Bakker", "Pieter Smit"]


async def test_a_mailbox_that_two_records_of_the_candidate_share_makes_neither_of_them_his(database: Database) -> None:
    crm, lms = await declare_flow(database, "crm"), await beside(database, "lms")
    await apply_page(database, crm, page(content("1", person("Wilhelmina Smit", MAIL), 1)))
    both = [content("8", person("Willem Smit", MAIL), 2), content("9", person("Wilhelmina Smit", MAIL), 2)]
    await apply_page(database, lms, page(*both))
    assert (await erased(database, "Wilhelmina Smit"))[0] == {"crm:1"}
    assert await found(database, TWINS) == ["8", "9"]


async def test_a_person_of_another_given_name_behind_the_same_mailbox_is_left_alone(database: Database) -> None:
    crm, lms = await declare_flow(database, "crm"), await beside(database, "lms")
    await apply_page(database, crm, page(content("1", person("Wilhelmina Smit", MAIL), 1)))
    await apply_page(database, lms, page(content("8", person("Pieter Smit", MAIL), 2)))
    assert (await erased(database, "Wilhelmina Smit"))[0] == {"crm:1"}
    assert await found(database, TWINS) == ["8"]


async def test_what_a_twin_said_while_it_was_his_goes_too(database: Database) -> None:
    crm, orders = await declare_flow(database, "crm"), await beside(database, "crm", Entity.SALES_ORDER)
    await apply_page(database, crm, page(content("1", person("Wilhelmina"), 1), content("2", person("Anna"), 1)))
    for minute, owner in enumerate(("1", "2"), 2):
        order = SalesOrderRecord(customer=owner, state=RequestState.COMPLETED, description=f"of {owner}")
        await apply_page(database, orders, page(content("77", order, minute)))
    await erased(database, "Wilhelmina")
    assert await found(database, "SELECT document->>'description' FROM shadow_version") == ["of 2"]
    assert await found(database, "SELECT document->>'description' FROM shadow_record") == ["of 2"]


async def live_and_shadow(database: Database) -> tuple[LaneContext, LaneContext]:
    """Two lanes of one flow; the first counts."""
    live = await declare_flow(database, "crm")
    async with database.transaction() as connection:
        lane_id = await connection.scalar(
            text("INSERT INTO lane (flow, cadence, mode) VALUES (:flow, 'REAL_TIME', 'SHADOW') RETURNING id"),
            {"flow": live.flow},
        )
    return live, replace(live, lane_id=lane_id, mode=LaneMode.SHADOW)


async def test_a_page_of_twins_waits_for_an_erasure_in_hand(database: Database) -> None:
    crm, shadow = await live_and_shadow(database)
    known = page(content("1", person("Wilhelmina Smit", MAIL), 1))
    await apply_page(database, crm, known)
    async with database.transaction() as connection:
        customer = await connection.scalar(text("SELECT id FROM customer"))
        await erase(connection, customer, EraseTerms(RULES.keys, "NL", {}), Request("steward", None, at(20_000)))
        applying = asyncio.create_task(apply_page(database, shadow, known))
        await until(lambda: waits(database))
    assert (await applying).counters["erased"] == 1
    assert await found(database, TWINS) == []


async def test_an_erasure_waits_for_a_page_of_twins_in_hand(database: Database) -> None:
    crm, shadow = await live_and_shadow(database)
    known = page(content("1", person("Wilhelmina Smit", MAIL), 1))
    await apply_page(database, crm, known)
    async with database.transaction() as connection:
        await apply(connection, shadow, known, RULES, at(10_000))
        erasing = asyncio.create_task(erased(database, "Wilhelmina Smit"))
        await until(lambda: waits(database))
    await erasing
    assert await found(database, TWINS) == []
    gone = page(gone={"1": at(3)})
    await apply_page(database, shadow, gone)
    assert await found(database, TWINS) == []


async def waits(database: Database) -> bool:
    return await found(database, WAITS) == ["1"]
