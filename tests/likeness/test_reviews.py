"""Customers who may be one person, as the list that stewards work off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from hub.access.principal import Role
from hub.customers.likeness.bands import Bands
from hub.customers.likeness.learn import learn_weights
from hub.customers.recognise import Rules
from hub.matching.person import Written
from hub.records.customer import CustomerRecord
from hub.store.engine import Database
from tests.flows.building import RULES, apply_page, at, content, declare_flow, page
from tests.likeness.building import crowd, customer, link
from tests.likeness.test_candidates import JAN, MARIA, TYPO, Company
from tests.schema.company import gid
from tests.schema.serving import serving
from tests.stewardship.building import owner
from tests.waiting import until

pytestmark = pytest.mark.slow

ASK = """query($filter: MatchReviewFilter, $first: Int, $after: String) {
  matchReviews(filter: $filter, first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor }
    edges { node { probability band sameSystem record { system externalId } otherRecord { system externalId }
      customer { id } other { id } fields { field grade bits } foundAt } } } }"""
DIFFERENT = """mutation($input: DeclareDifferentInput!) { declareDifferent(input: $input) { problems { code } } }"""
MERGE = """mutation($input: MergeCustomersInput!) { mergeCustomers(input: $input) { problems { code } } }"""
APART = replace(RULES.recognition, bands=Bands(merges=False))
"""Whoever is a match waits for a steward, too."""
Pairs = set[frozenset[str]]


@pytest.fixture
async def company(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Company]:
    """Jan twice in the CRM and once in the LMS, where his wife is as well, among others."""
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    people: dict[str, CustomerRecord] = {f"c{n}": record for n, record in enumerate(crowd(250, seed=8))}
    await apply_page(database, crm, page(*(content(n, r, 1) for n, r in people.items())))
    await apply_page(database, crm, page(content("jan", customer(JAN), 1), content("twice", customer(JAN), 1)))
    await apply_page(database, lms, page(content("j", customer(TYPO), 1), content("m", customer(MARIA), 1)))
    async with serving(database_url, tmp_path) as api:
        yield Company(database, database_url, api, crm, lms)


async def reviews(company: Company, rules: Rules = APART, size: int = 50, **asked: object) -> list[dict[str, Any]]:
    """The whole list as a steward sees it once a worker has judged whoever waited."""
    await link(company.database, rules)
    found: list[dict[str, Any]] = []
    after = None
    while True:
        answer = await company.api.ask(ASK, {"filter": asked, "first": size, "after": after}, role=Role.STEWARD)
        assert answer.errors == []
        page_of = answer.data["matchReviews"]
        found += [edge["node"] for edge in page_of["edges"]]
        after = page_of["pageInfo"]["endCursor"]
        assert page_of["pageInfo"]["hasNextPage"] == (len(found) < page_of["totalCount"])
        if len(found) == page_of["totalCount"]:
            return found


def pairs(found: list[dict[str, Any]]) -> Pairs:
    """Of Jan's records only: the crowd has likely ones of its own."""
    own = {"jan", "twice", "j", "m", "later"}
    told = {frozenset((one["record"]["externalId"], one["otherRecord"]["externalId"])) for one in found}
    return {pair for pair in told if pair & own}


async def test_who_may_be_one_person_is_listed_by_customers_with_what_speaks_for_it(company: Company) -> None:
    assert await reviews(company) == []
    await company.learn()
    found = await reviews(company)
    assert pairs(found) == {frozenset(("jan", "twice")), frozenset(("jan", "j")), frozenset(("twice", "j"))}
    assert [one["probability"] for one in found] == sorted((one["probability"] for one in found), reverse=True)
    by_pair = {frozenset((o["record"]["externalId"], o["otherRecord"]["externalId"])): o for o in found}
    one = by_pair[frozenset(("jan", "j"))]
    (candidate,) = [c for c in await company.candidates("crm", "jan") if c["other"]["externalId"] == "j"]
    assert (one["band"], one["sameSystem"]) == ("MATCH", False)
    assert one["probability"] == pytest.approx(candidate["probability"], abs=1e-3)
    assert {f["field"]: f["grade"] for f in one["fields"]} == {f["field"]: f["grade"] for f in candidate["fields"]}
    for side, record in (("customer", "record"), ("other", "otherRecord")):
        identity = await owner(company.database, one[record]["system"], one[record]["externalId"])
        assert one[side]["id"] == gid("Customer", identity)
    twice = by_pair[frozenset(("jan", "twice"))]
    assert (twice["band"], twice["sameSystem"]) == ("REVIEW", True)


async def test_whom_the_hub_joins_by_itself_is_not_listed_and_shows_once_beside_a_double(company: Company) -> None:
    await company.learn()
    found = await reviews(company, RULES.recognition)
    assert await owner(company.database, "lms", "j") in {
        await owner(company.database, "crm", one) for one in ("jan", "twice")
    }
    (jans,) = pairs(found)
    assert jans <= {"jan", "twice", "j"}
    (one,) = [o for o in found if o["record"]["externalId"] in jans and o["otherRecord"]["externalId"] in jans]
    assert (one["band"], one["sameSystem"]) == ("REVIEW", True)


async def test_what_a_steward_decides_leaves_the_list_for_good(company: Company) -> None:
    await company.learn()
    jan, twice, j = [
        gid("Customer", await owner(company.database, *node))
        for node in (("crm", "jan"), ("crm", "twice"), ("lms", "j"))
    ]
    await reviews(company)
    await company.api.ask(DIFFERENT, {"input": {"customerId": jan, "otherId": j}}, role=Role.STEWARD)
    assert pairs(await reviews(company)) == {frozenset(("jan", "twice")), frozenset(("twice", "j"))}
    merged = await company.api.ask(
        MERGE, {"input": {"into": jan, "customerIds": [twice], "reason": "one man"}}, role=Role.STEWARD
    )
    assert merged.data["mergeCustomers"]["problems"] == []
    assert pairs(await reviews(company)) == set()
    await company.learn()
    assert pairs(await reviews(company)) == set()


async def test_the_list_follows_what_records_say_and_how_sure_it_is_to_be(company: Company) -> None:
    await company.learn()
    later = JAN._replace(birth_date="1985-03-15", email="jan.devries@example.org")
    await apply_page(company.database, company.lms, page(content("later", customer(later), 2)))
    assert frozenset(("jan", "later")) in pairs(await reviews(company))
    await apply_page(company.database, company.lms, page(content("later", customer(Written("Fatima", "Bouazza")), 3)))
    assert not any("later" in pair for pair in pairs(await reviews(company)))
    surer = replace(APART, bands=Bands(review=0.9999, merges=False))
    likely = await reviews(company, surer)
    assert likely != []
    assert all(one["probability"] > 0.9999 - 1e-4 for one in likely)
    async with company.database.transaction() as connection:
        await connection.execute(text("DELETE FROM source_record WHERE external_id IN ('jan', 'twice')"))
        left = "SELECT count(*) FROM likeness_case WHERE external_id_a IN ('jan', 'twice')"
        assert await connection.scalar(text(left)) == 0


async def test_who_parts_since_a_third_record_lets_go_is_listed(company: Company) -> None:
    """Neither of the two says anything new, so neither is judged for its own sake."""
    await company.learn()
    cm = await declare_flow(company.database, "cm")
    later = JAN._replace(email="jan.devries@example.org")
    between = Written("Jan", "de Vries", email="jan.devries@example.org", phone=TYPO.phone)
    await apply_page(company.database, company.crm, page(content("later", customer(later), 2)))
    await apply_page(company.database, cm, page(content("both", customer(between), 2)))
    whole = [await owner(company.database, *node) for node in (("crm", "later"), ("lms", "j"))]
    assert whole[0] == whole[1]
    assert frozenset(("later", "j")) not in pairs(await reviews(company))
    await apply_page(company.database, cm, page(content("both", customer(Written("Fatima", "Bouazza")), 3)))
    assert frozenset(("later", "j")) in pairs(await reviews(company))


async def test_the_list_is_paged_filtered_and_stewards_only(company: Company) -> None:
    await company.learn()
    whole = await reviews(company)
    assert await reviews(company, size=17) == whole
    for asked, holds in (
        ({"sameSystem": True}, lambda one: one["sameSystem"]),
        ({"system": "lms"}, lambda one: "lms" in {one["record"]["system"], one["otherRecord"]["system"]}),
        ({"minProbability": 0.9}, lambda one: one["probability"] > 0.89),
    ):
        assert await reviews(company, **asked) == [one for one in whole if holds(one)] != []
    denied = await company.api.ask(ASK, {}, role=Role.AGENT)
    assert (denied.codes, denied.data) == (["FORBIDDEN"], None)


async def test_who_is_shown_stands_in_the_audit_trail(company: Company) -> None:
    await company.learn()
    found = await reviews(company)
    shown = {identity for one in found for identity in (one["customer"]["id"], one["other"]["id"])}

    async def told() -> bool | None:
        async with company.database.reading() as connection:
            rows = await connection.execute(
                text("SELECT unnest(customers) FROM audit_event WHERE detail->>'place' = 'Query.matchReviews'")
            )
        return True if shown == {gid("Customer", row[0]) for row in rows} else None

    assert await until(told, 10, "whom the list showed")


async def test_learning_is_all_that_fills_it(company: Company) -> None:
    await learn_weights(company.database, company.url, at(10_000), lambda what, share: None, decides=False)
    assert await reviews(company) == []
