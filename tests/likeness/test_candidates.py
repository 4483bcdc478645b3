"""Weights learned from the hub's own customers, and whom they propose to a steward."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from hub.access.principal import Role
from hub.customers.likeness.learn import Lesson, learn_weights
from hub.flows.lane import LaneContext
from hub.matching.person import Written
from hub.records.customer import CustomerRecord
from hub.store.engine import Database
from tests.flows.building import apply_page, at, content, declare_flow, page
from tests.likeness.building import crowd, customer, link
from tests.schema.company import gid
from tests.schema.serving import Api, serving
from tests.stewardship.building import owner

pytestmark = pytest.mark.slow

ASK = """query($id: ID!) { matchCandidates(customer: $id) {
  customerId probability band sameSystem record { system externalId } other { system externalId }
  fields { field grade bits } weightsVersion } }"""
DIFFERENT = """mutation($input: DeclareDifferentInput!) { declareDifferent(input: $input) {
  customer { id } problems { code } } }"""
JAN = Written("Jan", "de Vries", "1985-03-14", "Merelstraat", "3", "", "Utrecht", "UT", "3511 AB", "jan@example.com")
TYPO = JAN._replace(given_name="J.", family_name="Vries-Bakker", street="Havikweg", email="", phone="0612345678")
MARIA = JAN._replace(given_name="Maria", birth_date="1957-11-02", email="")


@dataclass
class Company:
    """A CRM with a crowd and Jan, and an LMS that knows him by another name and his wife by theirs."""

    database: Database
    url: str
    api: Api
    crm: LaneContext
    lms: LaneContext

    async def learn(self) -> Lesson:
        return await learn_weights(self.database, self.url, at(10_000), lambda what, share: None, decides=True)

    async def candidates(self, system: str, external_id: str) -> list[dict[str, Any]]:
        identity = gid("Customer", await owner(self.database, system, external_id))
        answer = await self.api.ask(ASK, {"id": identity}, role=Role.STEWARD)
        found: list[dict[str, Any]] = answer.data["matchCandidates"]
        return found

    async def count(self, table: str) -> int:
        async with self.database.reading() as connection:
            return int(await connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


@pytest.fixture
async def company(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Company]:
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    people: dict[str, CustomerRecord] = {f"c{n}": record for n, record in enumerate(crowd(250, seed=8))}
    await apply_page(database, crm, page(*(content(n, r, 1) for n, r in people.items())))
    await apply_page(database, crm, page(content("jan", customer(JAN), 1)))
    await apply_page(database, lms, page(content("j", customer(TYPO), 1), content("m", customer(MARIA), 1)))
    async with serving(database_url, tmp_path) as api:
        yield Company(database, database_url, api, crm, lms)


async def test_nothing_is_kept_or_proposed_before_weights_are_learned(company: Company) -> None:
    assert await company.candidates("crm", "jan") == []
    assert await company.count("likeness") + await company.count("likeness_key") == 0


async def test_the_same_person_under_another_name_is_proposed_and_his_wife_is_not(company: Company) -> None:
    lesson = await company.learn()
    assert (lesson.version, lesson.records, lesson.decisions) == (1, 253, 0)
    (found,) = await company.candidates("crm", "jan")
    assert found["other"] == {"system": "lms", "externalId": "j"}
    assert (found["band"], found["sameSystem"], found["weightsVersion"]) == ("MATCH", False, 1)
    fields = {field["field"]: field for field in found["fields"]}
    assert {name: field["grade"] for name, field in fields.items()} == {
        "given": "initial",
        "family": "part",
        "birth": "equal",
        "postal": "equal",
        "street": "different",
        "house": "equal",
    }
    # The worked example of docs/recognition.md.
    assert found["probability"] == pytest.approx(0.998, abs=5e-4)
    bits = {"given": 2.87, "family": 4.43, "birth": 14.95, "postal": 7.38, "street": -3.43, "house": 4.55}
    assert {name: field["bits"] for name, field in fields.items()} == pytest.approx(bits, abs=0.01)


async def test_what_apply_writes_later_is_found_at_once_and_a_stewards_word_is_respected(company: Company) -> None:
    await company.learn()
    again = JAN._replace(birth_date="1985-03-15", email="jan.devries@example.org")
    await apply_page(company.database, company.lms, page(content("later", customer(again), 2)))
    assert {c["other"]["externalId"] for c in await company.candidates("crm", "jan")} == {"j", "later"}
    await apply_page(company.database, company.lms, page(content("later", customer(Written("Fatima", "Bouazza")), 3)))
    assert {c["other"]["externalId"] for c in await company.candidates("crm", "jan")} == {"j"}
    async with company.database.transaction() as connection:
        await connection.execute(text("DELETE FROM source_record WHERE external_id = 'later'"))
        left = text(
            "SELECT count(*) FROM likeness_key k FULL JOIN likeness l USING (external_id) WHERE external_id = 'later'"
        )
        assert await connection.scalar(left) == 0
    jan, j = [gid("Customer", await owner(company.database, *node)) for node in (("crm", "jan"), ("lms", "j"))]
    denied = await company.api.ask(DIFFERENT, {"input": {"customerId": jan, "otherId": j}}, role=Role.AGENT)
    assert (denied.codes, await company.count("steward_decision")) == (["FORBIDDEN"], 0)
    alone = await company.api.ask(DIFFERENT, {"input": {"customerId": jan, "otherId": jan}}, role=Role.STEWARD)
    assert [problem["code"] for problem in alone.data["declareDifferent"]["problems"]] == ["INVALID"]
    for _ in range(2):
        told = await company.api.ask(DIFFERENT, {"input": {"customerId": jan, "otherId": j}}, role=Role.STEWARD)
        assert told.data["declareDifferent"] == {"customer": {"id": jan}, "problems": []}
    assert (await company.learn()).decisions == await company.count("steward_decision") == 1
    assert await company.candidates("crm", "jan") == await company.candidates("lms", "j") == []
    await link(company.database)
    assert await owner(company.database, "crm", "jan") != await owner(company.database, "lms", "j")


async def test_two_numbers_of_one_system_are_never_more_than_a_case_for_review(company: Company) -> None:
    await apply_page(company.database, company.crm, page(content("twice", customer(JAN), 2)))
    await company.learn()
    found = {c["other"]["externalId"]: c for c in await company.candidates("crm", "jan")}
    assert (found["twice"]["band"], found["twice"]["sameSystem"]) == ("REVIEW", True)
    assert found["twice"]["probability"] > 0.99
    identity = gid("Customer", await owner(company.database, "crm", "jan"))
    denied = await company.api.ask(ASK, {"id": identity}, role=Role.AGENT)
    assert (denied.codes, denied.data) == (["FORBIDDEN"], None)
