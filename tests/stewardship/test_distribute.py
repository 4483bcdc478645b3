"""Golden values on their way to systems, for all customers of a page at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy import event, text

from hub.customers.recognise import Rules
from hub.customers.steward_tables import StewardActKind, StewardEffect
from hub.customers.survive import FieldRule, Survivorship
from hub.flows.apply import apply
from hub.flows.lane import LaneContext
from hub.reads.steward_acts import receipts_of
from hub.records.enums import SurvivorshipRule
from hub.stewardship.acts import Outcome
from hub.stewardship.merge import merge_customers
from hub.stewardship.split import undo_merge
from hub.store.engine import Database
from tests.flows.building import RULES, at, content, declare_flow, page, person
from tests.privacy.test_erase import outbound_flow
from tests.stewardship.building import act, owner
from tests.stewardship.test_conflicts import wanted

TOLD = replace(
    RULES,
    recognition=Rules(
        Survivorship(FieldRule(SurvivorshipRule.PREFER_UNLESS_BLANK, ("crm", "lms")), outward={"lms": ("name",)}), "NL"
    ),
)


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """What is sent to the database meanwhile."""
    sent: list[str] = []

    def note(_c: object, _d: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def says(database: Database, lane: LaneContext, people: range, name: str, minute: int) -> None:
    contents = [content(str(one), person(f"{name} {one}", f"mail{one}@example.com"), minute) for one in people]
    async with database.transaction() as connection:
        await apply(connection, lane, page(*contents), TOLD, at(minute))


async def test_a_page_of_customers_is_told_with_the_statements_of_one(database: Database) -> None:
    lanes = {system: await declare_flow(database, system) for system in ("crm", "lms")}
    await outbound_flow(database, "lms")
    await says(database, lanes["crm"], range(30), "Jan", 1)
    await says(database, lanes["lms"], range(30), "Jan", 1)
    with statements(database) as of_one:
        await says(database, lanes["crm"], range(1), "Johannes", 2)
    with statements(database) as of_many:
        await says(database, lanes["crm"], range(1, 30), "Johannes", 3)
    told = [f"Johannes {one}" for one in range(30)]
    assert sorted(str(changes[0]["new"]) for _, changes in await wanted(database)) == sorted(told)
    assert sum("outbound_command" in one for one in of_many) == sum("outbound_command" in one for one in of_one)


async def test_what_a_merge_was_to_change_at_a_system_is_wanted_back_by_the_split(database: Database) -> None:
    lanes = {system: await declare_flow(database, system) for system in ("crm", "lms")}
    await outbound_flow(database, "lms")
    await says(database, lanes["crm"], range(1), "Jan", 1)
    async with database.transaction() as connection:
        await apply(connection, lanes["lms"], page(content("9", person("Bakker", "b@example.com"), 1)), TOLD, at(1))
    jan, bakker = await owner(database, "crm", "0"), await owner(database, "lms", "9")
    async with database.transaction() as connection:
        merge = act(StewardActKind.MERGE)
        done = await merge_customers(connection, bakker, [jan], merge, TOLD.recognition)
    async with database.transaction() as connection:
        split = act(StewardActKind.SPLIT, 20_001)
        await undo_merge(connection, done.act_id, split, TOLD.recognition)
    told = [(one["old"], one["new"]) for _, changes in await wanted(database) for one in changes]
    assert told == [("Bakker", "Jan 0"), ("Jan 0", "Bakker")]


async def test_a_record_that_comes_to_another_customer_is_told_his_values_whichever_id_stays(
    database: Database,
) -> None:
    lanes = {system: await declare_flow(database, system) for system in ("crm", "lms")}
    await outbound_flow(database, "lms")
    await says(database, lanes["crm"], range(1), "Jan", 1)
    async with database.transaction() as connection:
        await apply(connection, lanes["lms"], page(content("9", person("Bakker", "b@example.com"), 1)), TOLD, at(1))
    jan, bakker = await owner(database, "crm", "0"), await owner(database, "lms", "9")
    async with database.transaction() as connection:
        merge = act(StewardActKind.MERGE)
        merged = await merge_customers(connection, jan, [bakker], merge, TOLD.recognition)
    assert [(e.system, e.effect) for e in merged.effects][1:] == [("lms", StewardEffect.VALUES_TRAVEL)]
    async with database.transaction() as connection:
        split = act(StewardActKind.SPLIT, 20_001)
        await undo_merge(connection, merged.act_id, split, TOLD.recognition)
    told = [(one["old"], one["new"]) for _, changes in await wanted(database) for one in changes]
    assert told == [("Bakker", "Jan 0"), ("Jan 0", "Bakker")]


async def test_an_act_tells_which_systems_its_values_travel_to_and_how_far_they_are(database: Database) -> None:
    lanes = {system: await declare_flow(database, system) for system in ("crm", "lms")}
    await outbound_flow(database, "lms")
    await says(database, lanes["crm"], range(1), "Jan", 1)
    people = [content(one, person("Bakker", f"b{one}@example.com"), 1) for one in ("8", "9")]
    async with database.transaction() as connection:
        await apply(connection, lanes["lms"], page(*people), TOLD, at(1))
    into, *others = [await owner(database, *node) for node in (("lms", "9"), ("lms", "8"), ("crm", "0"))]
    async with database.transaction() as connection:
        merge = act(StewardActKind.MERGE)
        merged = await merge_customers(connection, into, others, merge, TOLD.recognition)
    assert [(e.system, e.effect, e.records) for e in merged.effects] == [
        ("crm", StewardEffect.UNTOUCHED, ("0",)),
        ("lms", StewardEffect.HOLDS_DUPLICATES, ("8", "9")),
        ("lms", StewardEffect.VALUES_TRAVEL, ("8", "9")),
    ]
    duplicates, pending = (StewardEffect.HOLDS_DUPLICATES, "PENDING"), (StewardEffect.VALUES_TRAVEL, "PENDING")
    assert await receipts(database, merged) == [(StewardEffect.UNTOUCHED, "DONE"), duplicates, pending]
    for state, tells in (("DONE", "PENDING"), ("REFUSED", "REFUSED")):  # one of the two, then the other
        async with database.transaction() as connection:
            await connection.execute(
                text(
                    """UPDATE outbound_command SET state = :state WHERE id = (
                         SELECT id FROM outbound_command WHERE state = 'COLLECTED' ORDER BY external_id LIMIT 1)"""
                ),
                {"state": state},
            )
        assert (await receipts(database, merged))[-1] == (StewardEffect.VALUES_TRAVEL, tells)
    async with database.transaction() as connection:
        split = act(StewardActKind.SPLIT, 20_001)
        parted = await undo_merge(connection, merged.act_id, split, TOLD.recognition)
    assert [(e.system, e.effect, e.records) for e in parted.effects] == [
        ("crm", StewardEffect.UNTOUCHED, ("0",)),
        ("lms", StewardEffect.VALUES_TRAVEL, ("8", "9")),
    ]


async def receipts(database: Database, done: Outcome) -> list[tuple[str, str]]:
    async with database.reading() as connection:
        return [(one.effect, one.state) for one in (await receipts_of(connection, [done.act_id]))[done.act_id]]
