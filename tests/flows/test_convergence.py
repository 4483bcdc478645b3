"""The law: any order and any repetition of the same records ends in the same golden state and the same links."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from hub.customers.closure import Held
from hub.customers.identifiers import Node
from hub.customers.normalise import Spelling
from hub.customers.project import Projection
from hub.customers.recognise import Recognised, recognise
from hub.customers.survive import FieldRule, Survivorship
from hub.flows.apply import ApplyRules
from hub.flows.incoming import Content, Incoming
from hub.flows.lane import LaneContext
from hub.records.enums import SurvivorshipRule
from hub.store.engine import Database
from tests.flows.building import (
    RULES,
    apply_page,
    at,
    content,
    declare_flow,
    golden_origins,
    golden_state,
    page,
    person,
)

EMAILS = ("a@example.com", "b@example.com", "c@example.com")
PHONES = ("06-11111111", "+31622222222")


def _built(external_id: str, minute: int, name: str, media: list[str], gone: bool) -> Incoming:
    if gone:
        return page(gone={external_id: at(minute)})
    return page(content(external_id, person(name, *media), minute))


pages = st.tuples(
    st.sampled_from(("crm", "lms", "cm")),
    st.builds(
        _built,
        external_id=st.sampled_from(("1", "2")),
        minute=st.integers(1, 6),
        name=st.sampled_from(("Jan", "J. Jansen", "Mia")),
        media=st.lists(st.sampled_from(EMAILS + PHONES), max_size=2, unique=True),
        gone=st.booleans(),
    ),
)


async def emptied(database: Database) -> dict[str, LaneContext]:
    """The same database without any record, and a lane per system."""
    async with database.transaction() as connection:
        await connection.execute(text("SELECT pristine.reset()"))
    return {system: await declare_flow(database, system) for system in ("crm", "lms", "cm")}


CHOOSING = (
    SurvivorshipRule.PREFER_UNLESS_BLANK,
    SurvivorshipRule.ALWAYS,
    SurvivorshipRule.MOST_RECENT,
    SurvivorshipRule.OLDEST,
)


def _by(rule: SurvivorshipRule) -> ApplyRules:
    survivorship = Survivorship(FieldRule(rule, ("crm", "lms", "cm")))
    return replace(RULES, recognition=replace(RULES.recognition, survivorship=survivorship))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    events=st.lists(pages, min_size=1, max_size=8),
    rules=st.sampled_from(CHOOSING).map(_by),
    data=st.data(),
)
async def test_any_order_and_repetition_ends_in_one_state(
    database: Database, events: list[tuple[str, Incoming]], rules: ApplyRules, data: st.DataObject
) -> None:
    repeated = events + data.draw(st.lists(st.sampled_from(events), max_size=3))
    assert await state_after(database, events, rules) == await state_after(
        database, data.draw(st.permutations(repeated)), rules
    )


async def state_after(
    database: Database, events: list[tuple[str, Incoming]], rules: ApplyRules
) -> tuple[list[tuple[object, ...]], list[str]]:
    """What is golden, and who says so, once these have come into an empty hub, in this order."""
    lanes = await emptied(database)
    for system, event in events:
        await apply_page(database, lanes[system], event, rules)
    return await golden_state(database), await golden_origins(database)


def _repeated(name: str, minute: int) -> Incoming:
    return page(content("1", person(name, EMAILS[0]), minute))


repetitions = st.sampled_from((("crm", "Jan"), ("lms", "J. Jansen"))).flatmap(
    lambda one: st.tuples(st.just(one[0]), st.integers(1, 6).map(partial(_repeated, one[1])))
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    events=st.lists(repetitions, min_size=3, max_size=6),
    rules=st.sampled_from(CHOOSING[2:]).map(_by),
    data=st.data(),
)
async def test_sources_that_repeat_themselves_end_in_one_state(
    database: Database, events: list[tuple[str, Incoming]], rules: ApplyRules, data: st.DataObject
) -> None:
    other = data.draw(st.permutations(events))
    assert await state_after(database, events, rules) == await state_after(database, other, rules)


together = st.tuples(
    st.sampled_from(("crm", "lms", "cm")),
    st.lists(pages.map(lambda one: one[1]), min_size=1, max_size=4),
)


def _joined(parts: list[Incoming]) -> Incoming:
    """One page of them all: the newest content and the latest tombstone per id, as a page is understood."""
    contents: dict[str, Content] = {}
    tombstones: dict[str, datetime] = {}
    for part in parts:
        for external_id, one in part.contents.items():
            held = contents.get(external_id)
            if held is None or (one.as_of, one.digest) > (held.as_of, held.digest):
                contents[external_id] = one
        for external_id, gone in part.tombstones.items():
            tombstones[external_id] = max(gone, tombstones.get(external_id, gone))
    return Incoming(contents, tombstones, (), len(parts))


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(together, min_size=1, max_size=5))
async def test_what_a_page_projects_is_what_the_stored_images_project(
    database: Database, events: list[tuple[str, list[Incoming]]]
) -> None:
    lanes = await emptied(database)
    for system, parts in events:
        await apply_page(database, lanes[system], _joined(parts))
    rules = RULES.recognition
    async with database.transaction() as connection:
        rows = await connection.execute(text("SELECT system, external_id FROM source_record WHERE version > 0"))
        nodes = {Node(row.system, row.external_id) for row in rows}
        again = await recognise(connection, nodes, Held(), rules, at(20_000), Spelling(rules.region))
    assert again == Recognised(Projection(frozenset(), frozenset(), frozenset()), {}, {})
