"""A preview of other rules is what those rules then do, and it changes nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from hub.customers.closure import Held
from hub.customers.identifiers import Node
from hub.customers.normalise import Spelling
from hub.customers.recognise import Rules, recognise
from hub.customers.survive import FieldRule, Survivorship
from hub.flows.incoming import Incoming
from hub.records.enums import SurvivorshipRule
from hub.stewardship.pin import pin_field
from hub.stewardship.rule_preview import RulePreview, Sample, Terms, preview_records, preview_rules
from hub.store.engine import Database
from tests.flows.building import RULES, apply_page, at, content, declare_flow, page, person
from tests.flows.test_convergence import emptied, pages
from tests.privacy.test_erase import outbound_flow
from tests.stewardship.building import kept, owner, projection

pytestmark = pytest.mark.slow

NEWEST = Rules(Survivorship(FieldRule(SurvivorshipRule.MOST_RECENT, ("crm", "lms", "cm"))), "NL")
MAIL = "jan@example.com"


async def previewed(database: Database, after: Rules, most: int | None = None) -> RulePreview:
    return await preview_rules(database, Terms(RULES.recognition, after, RULES.keys), most)


async def names(database: Database) -> dict[str, str]:
    async with database.reading() as connection:
        return dict((await connection.execute(text("SELECT id::text, name FROM customer"))).all())


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(pages, min_size=1, max_size=8))
async def test_what_is_previewed_is_what_the_rules_then_do(
    database: Database, events: list[tuple[str, Incoming]]
) -> None:
    lanes = await emptied(database)
    for system, event in events:
        await apply_page(database, lanes[system], event)
    before, untouched, history = await names(database), await projection(database), await kept(database)
    told = await previewed(database, NEWEST)
    assert (await projection(database), await kept(database)) == (untouched, history)
    async with database.transaction() as connection:
        rows = await connection.execute(text("SELECT system, external_id FROM source_record WHERE version > 0"))
        nodes = {Node(row.system, row.external_id) for row in rows}
        await recognise(connection, nodes, Held(), NEWEST, at(20_000), Spelling("NL"))
    after = await names(database)
    differing = {customer for customer in before if before[customer] != after[customer]}
    assert told.fields["name"] == len(differing)
    assert {str(sample.customer_id) for sample in told.samples if sample.field == "name"} == differing


async def test_fields_writes_turns_and_samples_are_counted(database: Database) -> None:
    lanes = {system: await declare_flow(database, system) for system in ("crm", "lms")}
    await outbound_flow(database, "crm")
    for system, external_id, name, minute in (
        ("crm", "1", "Jan Smit", 1),
        ("lms", "9", "J. Smit", 2),
        ("lms", "9", "J. de Smit", 3),
        ("crm", "2", "Mia", 1),
    ):
        mail = MAIL if name != "Mia" else "mia@example.com"
        await apply_page(database, lanes[system], page(content(external_id, person(name, mail), minute)))
    jan = await owner(database, "crm", "1")
    after = replace(NEWEST, survivorship=replace(NEWEST.survivorship, outward={"crm": ("name",)}))
    told = await previewed(database, after)
    assert (told.customers, told.versions, told.changed, told.complete) == (2, 4, 1, True)
    assert (told.fields, told.writes) == (Counter({"name": 1}), Counter({("crm", "name"): 1}))
    assert (told.turns_before["name"], told.turns_after["name"]) == (0, 2)
    assert told.samples == [Sample(jan, "name", "Jan Smit", "J. de Smit", "crm", "lms")]
    first = await previewed(database, after, 1)
    assert (first.customers, first.complete) == (1, False)


async def test_a_pinned_field_changes_under_no_rules(database: Database) -> None:
    lanes = {system: await declare_flow(database, system) for system in ("crm", "lms")}
    await apply_page(database, lanes["crm"], page(content("1", person("Jan Smit", MAIL), 1)))
    await apply_page(database, lanes["lms"], page(content("9", person("J. Smit", MAIL), 2)))
    async with database.transaction() as connection:
        jan = await owner(database, "crm", "1")
        await pin_field(connection, jan, "name", "Jan Smit", "steward", RULES.recognition, at(20_000))
    assert (await previewed(database, NEWEST)).changed == 0


async def test_what_a_road_tells_is_followed_to_the_records_of_its_source(database: Database) -> None:
    lane = await declare_flow(database, "crm")
    await apply_page(database, lane, page(content("1", person("Jan Smit", MAIL), 1)))
    mapped = {"1": (person("Jan Smit", MAIL), person("Smit, Jan", MAIL))}
    for via, customers in ((None, 0), ("weekly", 1)):
        async with database.transaction() as connection:
            await connection.execute(text("UPDATE lane SET via = :via"), {"via": via})
        told = RulePreview()
        await preview_records(database, Terms(RULES.recognition, RULES.recognition, RULES.keys), "weekly", mapped, told)
        assert (told.customers, told.changed) == (customers, customers)


async def test_what_another_mapping_would_have_leave_for_the_other_systems_is_counted(database: Database) -> None:
    lanes = {system: await declare_flow(database, system) for system in ("crm", "lms")}
    jan = person("Jan Smit", MAIL)
    for system, external_id in (("crm", "1"), ("lms", "9")):
        await apply_page(database, lanes[system], page(content(external_id, jan, 1)))
    rules = replace(RULES.recognition, survivorship=replace(RULES.recognition.survivorship, outward={"lms": ("name",)}))
    told, mapped = RulePreview(), {"1": (jan, person("Smit, Jan", MAIL))}
    await preview_records(database, Terms(rules, rules, RULES.keys), "crm", mapped, told)
    one = await owner(database, "crm", "1")
    assert (told.writes, told.fields) == (Counter({("lms", "name"): 1}), Counter({"name": 1}))
    assert told.samples == [Sample(one, "name", "Jan Smit", "Smit, Jan", "crm", "crm")]
