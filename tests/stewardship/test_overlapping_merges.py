"""Merges that were built upon each other, undone in any order: what is left is as if only the others had been made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.resolve import resolved_ids
from hub.customers.steward_tables import StewardActKind
from hub.errors import Conflict
from hub.flows.incoming import Incoming
from hub.stewardship.differ import declare_different
from hub.stewardship.merge import merge_customers
from hub.stewardship.split import undo_merge
from hub.store.engine import Database
from tests.flows.building import RULES, apply_page, at, content, declare_flow, page, person
from tests.flows.test_convergence import emptied, pages
from tests.privacy.test_erase import outbound_flow
from tests.stewardship.building import act, keep_something_of, merge, owner, projected, projection, undo
from tests.stewardship.test_conflicts import wanted
from tests.stewardship.test_distribute import TOLD
from tests.stewardship.test_merge_and_split import customers

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Merge:
    """One that is made, of whoever they are by then; `minute` is when."""

    into: UUID
    other: UUID
    minute: int


async def make(connection: AsyncConnection, one: Merge) -> None:
    by = act(StewardActKind.MERGE, one.minute)
    await merge_customers(connection, one.into, [one.other], by, RULES.recognition)


async def planned(database: Database, data: st.DataObject) -> list[Merge]:
    """Merges that can be made one after the other; nothing is kept of them."""
    plan: list[Merge] = []
    async with database.engine.connect() as connection:
        for minute in range(20_000, 20_000 + data.draw(st.integers(2, 4))):
            ids = (await connection.execute(text("SELECT id FROM customer ORDER BY id"))).scalars().all()
            if len(ids) > 1:
                into, other = data.draw(st.permutations(ids))[:2]
                plan.append(Merge(into, other, minute))
                await make(connection, plan[-1])
        await connection.rollback()
    return plan


async def made_alone(
    database: Database, merges: Sequence[Merge], undone: Sequence[Merge]
) -> dict[str, list[str]] | None:
    """The projection after these merges and no others; nothing is kept of it.

    None where these alone bring somebody along whom an undoing has said to be somebody else: its word stands.
    """
    async with database.engine.connect() as connection:
        for one in merges:
            await make(connection, one)
        found = await projected(connection)
        pairs = [await resolved_ids(connection, [one.into, one.other]) for one in undone]
        await connection.rollback()
    return None if any(into == other for into, other in pairs) else found


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(pages, min_size=3, max_size=9), data=st.data())
async def test_what_is_left_is_as_if_only_the_other_merges_had_been_made(
    database: Database, events: list[tuple[str, Incoming]], data: st.DataObject
) -> None:
    lanes = await emptied(database)
    for system, event in events:
        await apply_page(database, lanes[system], event)
    await keep_something_of(database, await customers(database))
    plan = await planned(database, data)
    order = data.draw(st.permutations(plan))
    left = [[one for one in plan if one in order[undone:]] for undone in range(len(order) + 1)]
    alone = [await made_alone(database, merges, order[:undone]) for undone, merges in enumerate(left)]
    acts = {one: (await merge(database, one.into, one.other, minute=one.minute)).act_id for one in plan}
    assert await projection(database) == alone[0]
    for undone, one in enumerate(order, start=1):
        await undo(database, acts[one], minute=21_000 + undone)
        if alone[undone] is None:
            return
        assert await projection(database) == alone[undone]


async def test_a_merge_is_undone_beneath_a_later_one_and_followers_hear_of_what_is_left(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    people = (content(number, person(f"Jan {number}", f"jan{number}@example.com"), 1) for number in ("1", "2", "3"))
    await apply_page(database, crm, page(*people))
    one, two, three = [await owner(database, "crm", number) for number in ("1", "2", "3")]
    before = await projection(database)
    first = await merge(database, two, one, minute=20_000)
    second = await merge(database, two, three, minute=20_001)
    async with database.transaction() as connection:
        await connection.execute(text("TRUNCATE change_pending"))
    done = await undo(database, first.act_id, minute=21_000)
    assert [(view.customer_id, view.records) for view in done.views] == [
        (two, (("crm", "2"), ("crm", "3"))),
        (one, (("crm", "1"),)),
    ]
    async with database.reading() as connection:
        told = await connection.execute(text("SELECT object_id, kind FROM change_pending WHERE topic = 'Customer'"))
        assert [tuple(change) for change in told] == [
            (str(one), "CustomerCreateEvent"),
            (str(two), "CustomerAttributeValueChangeEvent"),
        ]
    with pytest.raises(Conflict, match="not one any more"):
        await undo(database, first.act_id, minute=21_001)
    await undo(database, second.act_id, minute=21_002)
    assert await projection(database) == before


async def words(database: Database) -> list[tuple[str, str, str]]:
    """What stewards say of each two records by now."""
    async with database.reading() as connection:
        rows = await connection.execute(
            text("SELECT external_id_a, external_id_b, verdict FROM steward_decision ORDER BY 1, 2")
        )
        return [tuple(row) for row in rows]


async def test_who_was_said_to_be_somebody_else_is_so_again_once_no_merge_says_otherwise(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    await apply_page(database, crm, page(*(content(n, person(f"Jan {n}"), 1) for n in ("1", "2", "3"))))
    one, two, three = [await owner(database, "crm", number) for number in ("1", "2", "3")]
    async with database.transaction() as connection:
        await declare_different(connection, [one, three], "steward", "NL", at(19_000))
    first = await merge(database, two, one, minute=20_000)
    second = await merge(database, two, three, minute=20_001)
    assert await words(database) == [("1", "2", "SAME"), ("1", "3", "SAME"), ("2", "3", "SAME")]
    await undo(database, first.act_id, minute=21_000)
    assert await words(database) == [("1", "2", "DIFFERENT"), ("1", "3", "DIFFERENT"), ("2", "3", "SAME")]
    again = await merge(database, two, one, minute=22_000)
    await undo(database, second.act_id, minute=22_001)
    assert await words(database) == [("1", "2", "SAME"), ("1", "3", "DIFFERENT"), ("2", "3", "DIFFERENT")]
    await undo(database, again.act_id, minute=22_002)
    assert await words(database) == [("1", "2", "DIFFERENT"), ("1", "3", "DIFFERENT"), ("2", "3", "DIFFERENT")]


async def test_a_merge_that_was_undone_is_not_undone_again_once_another_has_made_them_one(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    await apply_page(database, crm, page(content("1", person("Jan"), 1), content("2", person("Mia"), 1)))
    jan, mia = await owner(database, "crm", "1"), await owner(database, "crm", "2")
    first = await merge(database, jan, mia, minute=20_000)
    await undo(database, first.act_id, minute=20_001)
    again = await merge(database, jan, mia, minute=20_002)
    with pytest.raises(Conflict, match="undone already"):
        await undo(database, first.act_id, minute=20_003)
    await undo(database, again.act_id, minute=20_004)
    assert await owner(database, "crm", "2") == mia


@pytest.mark.parametrize(
    ("first_number", "expected"),
    [("2", []), ("1", [("J.", "Jan 2")])],
    ids=["the same", "the other name"],
)
async def test_a_system_is_told_what_is_left_and_nothing_of_the_way_to_it(
    database: Database, first_number: str, expected: list[tuple[str, str]]
) -> None:
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    await outbound_flow(database, "lms")
    await apply_page(database, crm, page(*(content(n, person(f"Jan {n}"), 1) for n in ("1", "2"))))
    await apply_page(database, lms, page(content("9", person("J."), 1)))
    undone, nine = await owner(database, "crm", first_number), await owner(database, "lms", "9")
    (stays,) = {await owner(database, "crm", n) for n in ("1", "2")} - {undone}
    rules = TOLD.recognition
    async with database.transaction() as connection:
        first = await merge_customers(connection, stays, [undone], act(StewardActKind.MERGE, 20_000), rules)
        await merge_customers(connection, nine, [stays], act(StewardActKind.MERGE, 20_001), rules)
    before = [(one["old"], one["new"]) for _, changes in await wanted(database) for one in changes]
    assert before == [("J.", "Jan 1")]
    async with database.transaction() as connection:
        await undo_merge(connection, first.act_id, act(StewardActKind.SPLIT, 21_000), rules)
    told = [(one["old"], one["new"]) for _, changes in await wanted(database) for one in changes]
    assert told == [*before, *expected]
