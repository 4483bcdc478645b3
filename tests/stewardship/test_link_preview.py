"""A preview of other matching tells what leaves for systems, and holds what stewards decided."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import text

from hub.customers.keep_conflicts import conflict_id
from hub.stewardship.link_preview import MatchingPreview, Tried, preview_matching
from hub.stewardship.resolve import Take, resolve_conflict
from hub.stewardship.rule_preview import Terms
from hub.store.engine import Database
from tests.flows.building import RULES, apply_page, at, content, declare_flow, page
from tests.likeness.building import customer, let_experience_decide
from tests.likeness.test_links import JAN
from tests.stewardship.building import owner

pytestmark = pytest.mark.slow

OUTWARD = {"lms": ("given_name",)}
LONGER = JAN._replace(given_name="Johannes", phone="0612345678")


async def two_alike(database: Database) -> None:
    await let_experience_decide(database)
    for system, external_id, written in (("crm", "1", JAN), ("lms", "2", LONGER)):
        lane = await declare_flow(database, system)
        await apply_page(database, lane, page(content(external_id, customer(written), 1)))


async def tried(database: Database, links_from: float) -> MatchingPreview:
    rules = replace(RULES.recognition, survivorship=replace(RULES.recognition.survivorship, outward=OUTWARD))
    async with database.reading() as connection:
        version = await connection.scalar(text("SELECT max(version) FROM likeness_weights"))
    assert isinstance(version, int)
    terms = Terms(rules, rules, RULES.keys)
    return await preview_matching(database, terms, Tried(version, links_from), 100, lambda: True, at(20_000))


async def test_what_would_leave_for_a_system_is_counted(database: Database) -> None:
    await two_alike(database)
    told = await tried(database, 0.9)
    assert (told.links.gains, told.golden.writes) == (1, Counter({("lms", "given_name"): 1}))


async def test_a_word_on_a_conflict_is_the_value_of_now_until_somebody_who_says_otherwise_joins(
    database: Database,
) -> None:
    await let_experience_decide(database)
    known = JAN._replace(email="jan@example.com")
    for system, written, language in (("crm", known, "nl"), ("cm", known, "fr"), ("lms", LONGER, "de")):
        lane = await declare_flow(database, system)
        record = customer(written).model_copy(update={"language": language})
        await apply_page(database, lane, page(content("1", record, 1)))
    one = await owner(database, "crm", "1")
    assert await owner(database, "cm", "1") == one
    async with database.transaction() as connection:
        case = conflict_id(one, "language")
        await resolve_conflict(connection, case, Take("en"), "steward", RULES.recognition, at(20_001))
    told = await tried(database, 0.9)
    assert told.links.gains > 0
    assert [(s.before, s.after) for s in told.golden.samples if s.customer_id == one and s.field == "language"] == [
        ("en", "nl")
    ]
