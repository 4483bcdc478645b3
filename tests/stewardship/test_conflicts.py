"""Conflicts of sources as rows on a real store: opened, decided, written outward, closed by themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row, text

from hub.customers.identifiers import Node
from hub.customers.recognise import Rules
from hub.customers.survive import FieldRule, Survivorship
from hub.errors import Conflict, Invalid, NotFound
from hub.flows.apply import apply
from hub.flows.lane import LaneContext
from hub.privacy.erase import EraseTerms, erase
from hub.privacy.requests import Request
from hub.records.enums import SurvivorshipRule
from hub.stewardship.resolve import Resolved, Take, resolve_conflict, thaw_conflict
from hub.store.engine import Database
from tests.flows.building import RULES, apply_page, at, content, declare_flow, page, person
from tests.privacy.test_erase import outbound_flow
from tests.stewardship.building import merge, owner, projection, undo

MAIL = "jan@example.com"


async def differing(database: Database) -> dict[str, LaneContext]:
    """Jan is called Smit by the CRM and Bakker by the LMS."""
    lanes = {system: await declare_flow(database, system) for system in ("crm", "lms")}
    await said(database, lanes["crm"], "1", "Jan Smit", 1)
    await said(database, lanes["lms"], "9", "Jan Bakker", 1)
    return lanes


async def said(database: Database, lane: LaneContext, external_id: str, name: str, minute: int) -> None:
    await apply_page(database, lane, page(content(external_id, person(name, MAIL), minute)))


async def conflicts(database: Database) -> list[Row[Any]]:
    async with database.reading() as connection:
        return list((await connection.execute(text("SELECT * FROM field_conflict ORDER BY field"))).all())


async def resolve(database: Database, conflict: UUID, take: Take) -> Resolved:
    async with database.transaction() as connection:
        return await resolve_conflict(connection, conflict, take, "steward", RULES.recognition, at(20_000))


async def name(database: Database) -> str:
    async with database.reading() as connection:
        found: str = await connection.scalar(text("SELECT name FROM customer"))
    return found


async def wanted(database: Database) -> list[tuple[str, Any]]:  # Any: changes as the row has them
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT target, changes FROM outbound_command ORDER BY target, version"))
        return [(row.target, row.changes) for row in rows]


async def test_sources_that_differ_make_a_row_that_closes_when_they_agree(database: Database) -> None:
    lanes = await differing(database)
    (row,) = await conflicts(database)
    assert (row.field, row.state, row.contested, row.base, row.kept) == ("name", "OPEN", False, "Jan Smit", "Jan Smit")
    assert [side[:3] for side in row.sides] == [["crm", "1", "Jan Smit"], ["lms", "9", "Jan Bakker"]]
    await said(database, lanes["crm"], "1", "J. Smit", 2)
    (row,) = await conflicts(database)
    assert (row.state, row.contested, row.kept) == ("OPEN", True, "J. Smit")
    await said(database, lanes["crm"], "1", "JAN  bakker", 3)
    (row,) = await conflicts(database)
    assert (row.state, row.closed_at is None) == ("CLOSED", False)


async def test_a_side_that_is_taken_counts_at_once_and_leaves_for_the_other(database: Database) -> None:
    lanes = await differing(database)
    await outbound_flow(database, "crm")
    (row,) = await conflicts(database)
    done = await resolve(database, row.id, Take(side=Node("lms", "9")))
    assert (done.value, [(one.node, one.command_id is not None) for one in done.told]) == (
        "Jan Bakker",
        [(Node("crm", "1"), True)],
    )
    assert await name(database) == "Jan Bakker"
    assert await wanted(database) == [("crm", [{"path": ["name"], "old": "Jan Smit", "new": "Jan Bakker"}])]
    await said(database, lanes["crm"], "1", "Jan Bakker", 4)
    (row,) = await conflicts(database)
    assert (row.state, row.decided) == ("CLOSED", None)


async def test_a_source_that_says_something_new_takes_the_decision_back(database: Database) -> None:
    lanes = await differing(database)
    (row,) = await conflicts(database)
    done = await resolve(database, row.id, Take(value="Jan Smit-Bakker"))
    assert [one.command_id for one in done.told] == [None, None]
    await said(database, lanes["lms"], "9", "Jan Bakker", 5)
    assert await name(database) == "Jan Smit-Bakker"
    await said(database, lanes["lms"], "9", "Jan de Bakker", 6)
    (row,) = await conflicts(database)
    assert (await name(database), row.state, row.decided_by) == ("Jan Smit", "OPEN", None)


async def test_what_cannot_be_decided_changes_nothing(database: Database) -> None:
    await differing(database)
    (row,) = await conflicts(database)
    before = await projection(database)
    for take, refusal in (
        (Take(side=Node("crm", "77")), Invalid),
        (Take(value="x" * 501), Invalid),
    ):
        with pytest.raises(refusal):
            await resolve(database, row.id, take)
    with pytest.raises(NotFound):
        await resolve(database, UUID(int=1), Take(value="Jan"))
    with pytest.raises(Conflict):
        async with database.transaction() as connection:
            await thaw_conflict(connection, row.id, "steward", RULES.recognition, at(20_000))
    assert await projection(database) == before
    assert await conflicts(database) == [row]


async def test_a_decision_outlives_a_merge_that_is_undone(database: Database) -> None:
    lanes = await differing(database)
    await apply_page(database, lanes["crm"], page(content("2", person("Mia"), 1)))
    (row,) = await conflicts(database)
    await resolve(database, row.id, Take(value="Jan Smit-Bakker"))
    before = await projection(database)
    jan, mia = await owner(database, "crm", "1"), await owner(database, "crm", "2")
    merged = await merge(database, mia, jan)
    await undo(database, merged.act_id)
    assert await projection(database) == before


async def test_an_erasure_leaves_no_conflict(database: Database) -> None:
    await differing(database)
    async with database.transaction() as connection:
        terms = EraseTerms(RULES.keys, "NL", {})
        await erase(connection, await owner(database, "crm", "1"), terms, Request("steward", None, at(20_000)))
    assert await conflicts(database) == []


async def test_what_a_system_knows_to_be_none_is_told_the_others_and_silence_is_not(database: Database) -> None:
    newest = Survivorship(FieldRule(SurvivorshipRule.MOST_RECENT), outward={"lms": ("status",)})
    rules = replace(RULES, recognition=Rules(newest, "NL"))
    lanes = {system: await declare_flow(database, system) for system in ("crm", "lms")}
    await outbound_flow(database, "lms")

    async def says(system: str, minute: int, **told: Any) -> None:  # Any: fields of a customer
        record = person("Jan", MAIL).model_copy(update=told)
        async with database.transaction() as connection:
            await apply(connection, lanes[system], page(content("1", record, minute)), rules, at(minute))

    await says("lms", 1, status="GOLD")
    await says("crm", 2)
    assert await wanted(database) == []
    await says("crm", 3, known_blank=("status",))
    assert await wanted(database) == [("lms", [{"path": ["status"], "old": "GOLD", "new": None}])]
