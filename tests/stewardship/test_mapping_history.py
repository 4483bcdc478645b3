"""A mapping tried on the stored history tells what it would have made of it, and asks nobody and changes nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from hub.flows.mapping_preview import MappingPreview, MappingSample
from hub.mapping.record import RecordMapping
from hub.records.identity import Entity
from hub.stewardship.mapping_history import Tried, preview_mapping_history
from hub.stewardship.rule_preview import RulePreview, Sample, Terms
from hub.store.engine import Database
from tests.flows.building import RULES, apply_page, content, declare_flow, page, person
from tests.flows.originals import HELD, TRIED, body, customers_named, mapped, tell
from tests.flows.test_convergence import emptied
from tests.privacy.test_erase import erased
from tests.stewardship.building import kept, merge, owner, projection, undo

pytestmark = pytest.mark.slow

MAIL = "jan@example.com"
NARROW = """
entity: customer
version: 2
fields: {{name: {{path: {}, table: known}}}}
tables: {{known: {{Jan: Jan}}}}
"""
"""Nobody but Jan fits."""

ALIKE = Terms(RULES.recognition, RULES.recognition, RULES.keys)


async def previewed(
    database: Database, after: RecordMapping = TRIED, most: int | None = None, terms: Terms = ALIKE, system: str = "crm"
) -> tuple[MappingPreview, RulePreview]:
    return await preview_mapping_history(database, terms, Tried(system, HELD, after), most)


async def three_versions(database: Database) -> None:
    """Jan, who changed his name twice and his short name once, as the LMS knows him too."""
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    await apply_page(database, lms, page(content("9", person("J. Smit", MAIL), 1)))
    for minute, names in enumerate((("Jan Smit", "Jan"), ("Jan B. Smit", "Jan"), ("Jan Bakker", "Johan")), start=2):
        await tell(database, crm, "1", body(*names, MAIL), minute)


async def test_every_version_is_mapped_anew_in_its_order_and_followed_to_what_leaves(database: Database) -> None:
    await three_versions(database)
    jan = await owner(database, "crm", "1")
    survivorship = replace(RULES.recognition.survivorship, outward={"lms": ("name",)})
    rules = replace(RULES.recognition, survivorship=survivorship)
    before, history = await projection(database), await kept(database)
    told, golden = await previewed(database, terms=Terms(rules, rules, RULES.keys))
    assert (await projection(database), await kept(database)) == (before, history)
    assert told == MappingPreview(
        objects=1,
        versions=3,
        versions_changed=3,
        changed=1,
        fields=Counter({"name": 1}),
        samples=[MappingSample("1", "name")],
    )
    assert (golden.customers, golden.versions, golden.changed, golden.complete) == (1, 4, 1, True)
    assert (golden.fields, golden.writes) == (Counter({"name": 1}), Counter({("lms", "name"): 1}))
    assert (golden.turns_before, golden.turns_after) == (Counter({"name": 2}), Counter({"name": 1}))
    assert golden.samples == [Sample(jan, "name", "Jan Bakker", "Johan", "crm", "crm")]


async def test_the_mapping_that_holds_would_change_nothing(database: Database) -> None:
    await three_versions(database)
    told, golden = await previewed(database, HELD)
    assert (told.versions, told.versions_changed, told.changed, golden.changed) == (3, 0, 0, 0)
    assert golden.turns_before == golden.turns_after == Counter({"name": 2})


async def test_what_has_no_original_is_counted_and_stays_what_it_is(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    unkept = customers_named("full_name", None)
    await tell(database, crm, "1", body("Jan Smit", "Jan"), 1, unkept)
    await tell(database, crm, "1", body("Jan Bakker", "Johan"), 2)
    await tell(database, crm, "2", body("Mia Bakker", "Mia"), 1, unkept)
    told, golden = await previewed(database)
    assert (told.objects, told.versions, told.without_original) == (2, 3, 2)
    assert (told.changed, told.versions_changed) == (1, 1)
    assert [(one.before, one.after) for one in golden.samples] == [("Jan Bakker", "Johan")]


async def test_a_version_that_would_not_fit_leaves_the_one_before_it_in_force(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    await tell(database, crm, "1", body("Jan Smit", "Jan"), 1)
    await tell(database, crm, "1", body("Jan Bakker", "?"), 2)
    await tell(database, crm, "2", body("Mia Bakker", "?"), 1)
    told, golden = await previewed(database, mapped(NARROW.format("short_name")))
    assert (told.versions, told.unfit_before, told.unfit_after, told.changed) == (3, 0, 2, 2)
    values = {(one.before, one.after, one.source_after) for one in golden.samples if one.field == "name"}
    assert values == {("Jan Bakker", "Jan", "crm"), ("Mia Bakker", None, None)}
    assert (golden.turns_before["name"], golden.turns_after["name"]) == (1, 0)


async def test_a_version_that_does_not_fit_the_mapping_of_now_stays_as_it_was_taken_in(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    older = customers_named("name_of_old")
    await tell(database, crm, "1", {"name_of_old": "Jan Smit", "mails": []}, 1, older)
    narrow = mapped(NARROW.format("name_of_old"))
    told, golden = await preview_mapping_history(database, ALIKE, Tried("crm", narrow, older))
    assert (told.unfit_before, told.unfit_after, told.changed, golden.changed) == (1, 0, 0, 0)


async def test_a_record_that_is_gone_ends_with_its_tombstone_under_both(database: Database) -> None:
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    await apply_page(database, lms, page(content("9", person("J. Smit", MAIL), 1)))
    await tell(database, crm, "1", body("Jan Smit", "Jan", MAIL), 2)
    await tell(database, crm, "1", None, 3)
    told, golden = await previewed(database)
    assert (told.changed, golden.changed, golden.fields) == (1, 0, Counter())


async def test_originals_in_the_words_of_another_road_are_none_of_this_mapping(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    await tell(database, crm, "1", body("Jan Smit", "Jan"), 1, customers_named("full_name", "crm-files"))
    await tell(database, crm, "2", body("Mia Bakker", "Mia"), 1)
    told, golden = await previewed(database)
    assert (told.objects, told.versions, told.without_original, golden.changed) == (1, 1, 0, 1)
    assert (await previewed(database, system="crm-files"))[0].objects == 0
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE lane SET via = 'crm-files'"))
    by_road, followed = await previewed(database, system="crm-files")
    assert (by_road.objects, by_road.changed) == (1, 1)
    assert [(one.before, one.after) for one in followed.samples] == [("Jan Smit", "Jan")]


async def test_what_belongs_to_customers_is_mapped_anew_too(database: Database) -> None:
    orders = await declare_flow(database, "crm", Entity.SALES_ORDER)
    written = "entity: sales_order\nversion: 1\nfields: {{customer: of, state: {{value: COMPLETED}}, description: {}}}"
    held, tried = mapped(written.format("words")), mapped(written.format("title"))
    for minute, words in ((1, "a bench"), (2, "two benches")):
        await tell(database, orders, "77", {"of": "1", "words": words, "title": "Benches"}, minute, held)
    await tell(database, orders, "78", {"of": "1", "words": "Chair", "title": "Chair"}, 1, held)
    told, golden = await preview_mapping_history(database, ALIKE, Tried("crm", held, tried))
    assert (told.objects, told.versions, told.changed, told.versions_changed) == (2, 3, 1, 2)
    assert (told.fields, golden.customers, told.complete) == (Counter({"description": 1}), 0, True)
    first, _ = await preview_mapping_history(database, ALIKE, Tried("crm", held, tried), 1)
    assert (first.objects, first.complete) == (1, False)


async def test_it_ends_with_so_many_objects_and_says_so(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    for external_id in "123":
        await tell(database, crm, external_id, body(f"Number {external_id}", None), 1)
    told, golden = await previewed(database, most=2)
    assert (told.objects, told.complete, golden.complete) == (2, False, False)
    told, golden = await previewed(database, most=3)
    assert (told.objects, told.complete, golden.complete) == (3, True, True)
    timeless, _ = await preview_mapping_history(database, ALIKE, Tried("crm", HELD, TRIED), go_on=lambda: False)
    assert (timeless.objects, timeless.complete) == (0, False)


async def test_originals_stay_with_their_records_through_a_merge_and_a_split(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    await tell(database, crm, "1", body("Jan Smit", "Jan"), 1)
    await tell(database, crm, "2", body("J. Bakker", "Bakker"), 1)
    before = await previewed(database)
    jan, bakker = await owner(database, "crm", "1"), await owner(database, "crm", "2")
    done = await merge(database, jan, bakker)
    told, golden = await previewed(database)
    assert (told.objects, told.changed, golden.customers, golden.changed) == (2, 2, 1, 1)
    await undo(database, done.act_id)
    assert await previewed(database) == before


async def test_the_erased_are_in_no_preview(database: Database) -> None:
    await three_versions(database)
    await erased(database, await owner(database, "crm", "1"))
    told, golden = await previewed(database)
    assert (told.objects, told.versions, golden.customers) == (0, 0, 0)


SWAPPED = "entity: customer\nversion: 1\nfields: {{name: {}, given_name: {}}}"
"""By either what makes a version is the same."""

names = st.sampled_from(["Jan", "Johan", "Jan Smit", None])


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(st.tuples(st.sampled_from("12"), st.tuples(names, names)), min_size=1, max_size=8))
async def test_what_is_previewed_is_what_the_other_mapping_would_have_made(
    database: Database, said: list[tuple[str, tuple[str | None, str | None]]]
) -> None:
    held, tried = (mapped(SWAPPED.format(*order)) for order in (("full", "short"), ("short", "full")))

    async def made_by(mapping: RecordMapping) -> dict[str, tuple[str | None, str | None]]:
        crm = (await emptied(database))["crm"]
        for minute, (external_id, (full, short)) in enumerate(said, start=1):
            await tell(database, crm, external_id, {"full": full, "short": short}, minute, mapping)
        async with database.reading() as connection:
            rows = await connection.execute(
                text(
                    """SELECT i.external_id, c.name, c.given_name FROM customer c
                       JOIN customer_identifier i ON i.customer_id = c.id"""
                )
            )
            return {row.external_id: (row.name, row.given_name) for row in rows}

    after, before = await made_by(tried), await made_by(held)
    told, golden = await preview_mapping_history(database, ALIKE, Tried("crm", held, tried))
    differing = {external_id for external_id in before if before[external_id] != after[external_id]}
    assert (told.objects, golden.changed) == (len(before), len(differing))
    assert golden.fields["name"] == sum(before[one][0] != after[one][0] for one in before)
    seen = {(one.before, one.after) for one in golden.samples if one.field == "name"}
    assert seen == {(before[one][0], after[one][0]) for one in differing if before[one][0] != after[one][0]}
