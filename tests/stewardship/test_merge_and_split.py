"""Merging and splitting customers on a real store: exact, reversible, and never forgetting."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from hub.contacts.session_tables import CustomerSession
from hub.contacts.tables import Commitment
from hub.customers.identifiers import Node
from hub.customers.keep_conflicts import conflict_id
from hub.customers.steward_tables import StewardActKind, StewardEffect
from hub.errors import Conflict, Invalid, NotFound
from hub.flows.incoming import Incoming
from hub.flows.own_rows import OWN
from hub.flows.project_belongings import TABLE_OF
from hub.records.belongings import SalesOrderRecord
from hub.records.enums import RequestState
from hub.records.identity import Entity
from hub.stewardship.outlook import Moved
from hub.stewardship.resolve import Take, resolve_conflict
from hub.stewardship.split import split_off
from hub.store.engine import Database
from migrations.tables import all_tables
from tests.flows.building import RULES, apply_page, at, content, declare_flow, golden_state, page, person
from tests.flows.test_convergence import emptied, pages
from tests.schema.company import NOW, add, uid
from tests.stewardship.building import (
    PROJECTED,
    REWRITTEN,
    SLEEPING,
    act,
    keep_something_of,
    kept,
    merge,
    owner,
    projection,
    stands_for,
    undo,
)

pytestmark = pytest.mark.slow


async def customers(database: Database) -> list[UUID]:
    async with database.reading() as connection:
        return list((await connection.execute(text("SELECT id FROM customer ORDER BY id"))).scalars().all())


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(pages, min_size=2, max_size=8), data=st.data())
async def test_merge_then_split_is_the_identity_and_only_adds_to_history(
    database: Database, events: list[tuple[str, Incoming]], data: st.DataObject
) -> None:
    lanes = await emptied(database)
    for system, event in events:
        await apply_page(database, lanes[system], event)
    ids = await customers(database)
    if len(ids) < 2:
        return
    await keep_something_of(database, ids)
    chosen = data.draw(st.permutations(ids))[: data.draw(st.integers(2, min(3, len(ids))))]
    before, history = await projection(database), await kept(database)
    merged = await merge(database, *chosen)
    assert [await stands_for(database, one) for one in chosen] == [chosen[0]] * len(chosen)
    await undo(database, merged.act_id)
    assert await projection(database) == before
    grown = await kept(database)
    assert all(history[table] <= grown[table] for table in history)


def test_every_table_that_names_a_customer_has_a_way_to_follow_him_and_is_compared() -> None:
    of_customers = {str(table.name) for table in all_tables().sorted_tables if "customer_id" in table.columns}
    follows = {*OWN, *TABLE_OF.values(), *SLEEPING, *REWRITTEN}
    assert of_customers - follows == {"customer_history", "customer_touch", "steward_act"}
    assert follows <= set(PROJECTED)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    events=st.lists(pages, min_size=2, max_size=6),
    between=st.lists(pages, min_size=1, max_size=3),
    data=st.data(),
)
async def test_changes_that_came_between_follow_the_record_they_came_from(
    database: Database, events: list[tuple[str, Incoming]], between: list[tuple[str, Incoming]], data: st.DataObject
) -> None:
    lanes = await emptied(database)
    for system, event in events:
        await apply_page(database, lanes[system], event)
    ids = await customers(database)
    if len(ids) < 2:
        return
    one, other = data.draw(st.permutations(ids))[:2]
    merged = await merge(database, one, other)
    for system, event in between:
        await apply_page(database, lanes[system], event)
    try:
        await undo(database, merged.act_id)
    except Conflict:  # what came between has parted them already
        return
    reached = await golden_state(database)
    decisions = "SELECT system_a, external_id_a, system_b, external_id_b, verdict FROM steward_decision"
    async with database.reading() as connection:
        decided = [tuple(row) for row in await connection.execute(text(decisions))]
    lanes = await emptied(database)
    async with database.transaction() as connection:
        for a, b, c, d, verdict in decided:
            await connection.execute(
                text("INSERT INTO steward_decision VALUES (:a, :b, :c, :d, :v, 'steward', now())"),
                {"a": a, "b": b, "c": c, "d": d, "v": verdict},
            )
    for system, event in events + between:
        await apply_page(database, lanes[system], event)
    assert await golden_state(database) == reached


async def two_people(database: Database) -> None:
    """Jan in the CRM with an order, and the same Jan under another address in the CRM and the LMS."""
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    orders = await declare_flow(database, "crm", Entity.SALES_ORDER)
    await apply_page(database, crm, page(content("1", person("Jan de Vries", "jan@example.com"), 1)))
    await apply_page(database, crm, page(content("2", person("J. Bakker", "bakker@example.com"), 1)))
    await apply_page(database, lms, page(content("9", person("J. Bakker", "bakker@example.com"), 1)))
    await apply_page(
        database, orders, page(content("77", SalesOrderRecord(customer="2", state=RequestState.COMPLETED), 1))
    )


async def test_a_merge_tells_the_view_what_moves_where_they_differ_and_what_each_system_holds(
    database: Database,
) -> None:
    await two_people(database)
    jan, bakker = await owner(database, "crm", "1"), await owner(database, "crm", "2")
    done = await merge(database, jan, bakker)
    (view,) = done.views
    assert (view.customer_id, view.contact_media) == (jan, ("bakker@example.com", "jan@example.com"))
    assert view.records == (("crm", "1"), ("crm", "2"), ("lms", "9"))
    assert done.moved == (Moved("sales_order", "crm", 1),)
    (clash,) = done.clashes
    assert (clash.field, clash.kept) == ("name", "Jan de Vries")
    assert set(clash.values) == {(jan, "Jan de Vries"), (bakker, "J. Bakker")}
    assert [(e.system, e.effect, e.records) for e in done.effects] == [
        ("crm", StewardEffect.HOLDS_DUPLICATES, ("1", "2")),
        ("lms", StewardEffect.UNTOUCHED, ("9",)),
    ]
    assert await stands_for(database, bakker) == jan


async def test_records_that_joined_by_the_merge_leave_with_it(database: Database) -> None:
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    family = "familie@example.com"
    for external_id, name in (("1", "Jan"), ("2", "Johan")):
        await apply_page(database, crm, page(content(external_id, person(name, family), 1)))
    await apply_page(database, lms, page(content("9", person("J.", family), 1)))
    orders = await declare_flow(database, "lms", Entity.SALES_ORDER)
    bought = SalesOrderRecord(customer="9", state=RequestState.COMPLETED)
    await apply_page(database, orders, page(content("77", bought, 1)))
    third = await owner(database, "lms", "9")
    before = await projection(database)
    done = await merge(database, await owner(database, "crm", "1"), await owner(database, "crm", "2"))
    assert [c[0] for c in await golden_state(database)] == [["crm:1", "crm:2", "lms:9"]]
    (clash,) = [clash for clash in done.clashes if clash.field == "name"]
    assert ({value for _, value in clash.values}, (third, "J.") in clash.values) == ({"Jan", "Johan", "J."}, True)
    assert done.moved == (Moved("sales_order", "lms", 1),)
    async with database.reading() as connection:
        told = "SELECT detail -> 'customers' ? :third FROM audit_event WHERE action = 'mergeCustomer'"
        assert await connection.scalar(text(told), {"third": str(third)}) is True
    await undo(database, done.act_id)
    assert await projection(database) == before


async def test_a_record_met_later_through_a_merged_customer_is_judged_with_all_of_him(database: Database) -> None:
    crm, lms, cm = [await declare_flow(database, system) for system in ("crm", "lms", "cm")]
    family, phone = "familie@example.com", "+31611111111"
    for external_id in ("1", "2"):
        await apply_page(database, crm, page(content(external_id, person("Jan", family), 1)))
    await apply_page(database, lms, page(content("9", person("Jan", family, phone), 1)))
    await merge(database, await owner(database, "crm", "1"), await owner(database, "crm", "2"))
    await apply_page(database, cm, page(content("5", person("Jan", phone), 2)))
    assert [c[0] for c in await golden_state(database)] == [["cm:5", "crm:1", "crm:2", "lms:9"]]


async def test_a_split_off_record_never_joins_again_by_itself(database: Database) -> None:
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    await apply_page(database, crm, page(content("1", person("Jan", "jan@example.com"), 1)))
    await apply_page(database, lms, page(content("9", person("Mia", "jan@example.com"), 1)))
    jan = await owner(database, "crm", "1")
    async with database.transaction() as connection:
        split = act(StewardActKind.SPLIT)
        done = await split_off(connection, jan, [Node("lms", "9")], split, RULES.recognition)
    assert [view.records for view in done.views] == [(("crm", "1"),), (("lms", "9"),)]
    await apply_page(database, lms, page(content("9", person("Mia", "jan@example.com", "+31611111111"), 2)))
    assert [c[0] for c in await golden_state(database)] == [["crm:1"], ["lms:9"]]
    assert await owner(database, "crm", "1") == jan


async def test_ids_of_a_chain_of_merges_come_back_one_after_the_other(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    people = [content(str(n), person(f"Jan {n}", f"jan{n}@example.com"), 1) for n in (1, 2, 3)]
    await apply_page(database, crm, page(*people))
    one, two, three = [await owner(database, "crm", str(n)) for n in (1, 2, 3)]
    states = [await projection(database)]
    first = await merge(database, two, one, minute=20_000)
    states.append(await projection(database))
    second = await merge(database, three, one, minute=20_001)
    assert [await stands_for(database, i) for i in (one, two, three)] == [three, three, three]
    await undo(database, second.act_id, minute=20_002)
    assert await projection(database) == states[1]
    await undo(database, first.act_id, minute=20_003)
    assert await projection(database) == states[0]


async def conflict_of(database: Database, customer: UUID) -> tuple[str, str | None] | None:
    async with database.reading() as connection:
        rows = await connection.execute(
            text("SELECT state, decided FROM field_conflict WHERE customer_id = :id AND field = 'name'"),
            {"id": customer},
        )
        found = rows.one_or_none()
    return None if found is None else (found.state, found.decided)


async def resolve(database: Database, customer: UUID, value: str, minute: int) -> None:
    async with database.transaction() as connection:
        case = conflict_id(customer, "name")
        await resolve_conflict(connection, case, Take(value), "steward", RULES.recognition, at(minute))


@pytest.mark.parametrize("meanwhile", [None, "Jan van Bakker"])
async def test_a_word_on_a_conflict_stands_again_after_a_split_unless_another_was_given(
    database: Database, meanwhile: str | None
) -> None:
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    people = (content("1", person("Jan Smit", "jan@example.com"), 1), content("2", person("Bakker"), 1))
    await apply_page(database, crm, page(*people))
    await apply_page(database, lms, page(content("9", person("J. Smit", "jan@example.com"), 1)))
    jan, bakker = await owner(database, "crm", "1"), await owner(database, "crm", "2")
    await resolve(database, jan, "Jan de Smit", 19_000)
    before = await projection(database)
    done = await merge(database, jan, bakker)
    assert await conflict_of(database, jan) == ("OPEN", None)
    if meanwhile is not None:
        await resolve(database, jan, meanwhile, 20_500)
    await undo(database, done.act_id, minute=21_000)
    assert await conflict_of(database, jan) == ("RESOLVED", meanwhile or "Jan de Smit")
    assert await conflict_of(database, bakker) is None
    assert meanwhile is not None or await projection(database) == before


async def test_acts_that_cannot_be_change_nothing(database: Database) -> None:
    await two_people(database)
    jan, bakker = await owner(database, "crm", "1"), await owner(database, "crm", "2")
    done = await merge(database, jan, bakker)
    await undo(database, done.act_id)
    before, history = await projection(database), await kept(database)
    with pytest.raises(Conflict, match="not one any more"):
        await undo(database, done.act_id)
    with pytest.raises(Invalid, match="one customer already"):
        await merge(database, jan, jan)
    with pytest.raises(NotFound):
        await merge(database, jan, done.act_id)
    async with database.transaction() as connection:
        split = act(StewardActKind.SPLIT)
        with pytest.raises(Invalid, match="not all of them"):
            await split_off(connection, jan, [Node("crm", "1")], split, RULES.recognition)
    assert (await projection(database), await kept(database)) == (before, history)


async def test_what_the_hub_itself_keeps_follows_a_merge_and_goes_back(database: Database) -> None:
    await two_people(database)
    jan, bakker = await owner(database, "crm", "1"), await owner(database, "crm", "2")
    promise = {"id": uid("promise"), "promise": "call back", "due_at": NOW, "handler": "desk", "state": "OPEN"}
    async with database.transaction() as connection:
        await add(connection, Commitment, **promise, customer_id=bakker, made_by="agent", made_at=NOW)
    session = {"channel": "PHONE", "direction": "INBOUND", "phase": "EXPLORATION", "state": "OPEN"}
    times = {"level": "IDENTIFIED", "started_at": NOW, "active_at": NOW}
    async with database.transaction() as connection:
        await add(
            connection, CustomerSession, id=uid("call"), contact_id="call", customer_id=bakker, **session, **times
        )
    done = await merge(database, jan, bakker)
    assert done.moved == (
        *(Moved("commitment", "hub", 1), Moved("customer_session", "hub", 1), Moved("sales_order", "crm", 1)),
    )
    owners = []
    for _ in range(2):
        async with database.reading() as connection:
            owners.append(await connection.scalar(text("SELECT customer_id FROM commitment")))
        if len(owners) == 1:
            await undo(database, done.act_id)
    assert owners == [jan, bakker]
