"""A caller who names no identifier is recognised by what he says of himself, or asked about, or new."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hub.access.principal import Role
from hub.matching.person import Written
from hub.store.engine import Database
from tests.flows.building import apply_page, content, declare_flow, page
from tests.likeness.building import customer, let_experience_decide
from tests.schema.company import gid
from tests.schema.serving import Api, serving
from tests.stewardship.building import owner

START = """mutation($input: StartSessionInput!) { startSession(input: $input) {
  session { id identificationLevel customer { id } } recognition
  candidates { customer { id } probability band fields { field grade bits } } problems { code path } } }"""
IDENTIFY = """mutation($input: IdentifyCustomerInput!) { identifyCustomer(input: $input) {
  session { identificationLevel customer { id } } recognition candidates { band } problems { code } } }"""
JAN = Written("Jan", "de Vries", "1985-03-14", "Merelstraat", "3", "", "Utrecht", "UT", "3511 AB", phone="0301234567")
SAYS = {"givenName": "Johan", "familyName": "Vries", "birthDate": "1985-03-14", "postalCode": "3511ab"}


@dataclass
class Desk:
    """A call centre whose hub knows Jan, his wife Maria and a namesake."""

    api: Api
    database: Database

    async def start(self, person: dict[str, str], role: Role = Role.AGENT, **clues: object) -> dict[str, Any]:
        given = {"channel": "call-centre", "known": {"person": person, **clues}}
        answer = await self.api.ask(START, {"input": given}, role=role)
        told: dict[str, Any] = answer.data["startSession"]
        return told

    async def id_of(self, external_id: str) -> str:
        return gid("Customer", await owner(self.database, "crm", external_id))


@pytest.fixture
async def desk(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    crm = await declare_flow(database, "crm")
    await let_experience_decide(database)
    known = {
        "jan": JAN,
        "maria": JAN._replace(given_name="Maria", birth_date="1957-11-02"),
        "namesake": JAN._replace(
            birth_date="1990-08-21", street="Hoofdweg", postal_code="9711 AA", locality="Groningen"
        ),
    }
    await apply_page(database, crm, page(*(content(name, customer(one), 1) for name, one in known.items())))
    async with serving(database_url, tmp_path) as api:
        yield Desk(api, database)


async def test_name_birth_date_and_postal_code_recognise_a_caller_but_do_not_authenticate_him(desk: Desk) -> None:
    told = await desk.start(SAYS)
    jan = await desk.id_of("jan")
    assert told["recognition"] == "RECOGNISED"
    assert told["session"]["customer"] == {"id": jan}
    assert told["session"]["identificationLevel"] == "IDENTIFIED"
    first = told["candidates"][0]
    assert (first["customer"], first["band"]) == ({"id": jan}, "MATCH")
    assert {field["field"]: field["grade"] for field in first["fields"]}["birth"] == "equal"


async def test_a_name_alone_shows_the_agent_whom_it_may_be_and_he_chooses(desk: Desk) -> None:
    told = await desk.start({"givenName": "Jan", "familyName": "de Vries", "locality": "Utrecht", "houseNumber": "3"})
    assert (told["recognition"], told["session"]["customer"]) == ("AMBIGUOUS", None)
    jan = await desk.id_of("jan")
    assert jan in [candidate["customer"]["id"] for candidate in told["candidates"]]
    assert {candidate["band"] for candidate in told["candidates"]} == {"REVIEW"}
    chosen = {"sessionId": told["session"]["id"], "known": {"customerId": jan}}
    answer = await desk.api.ask(IDENTIFY, {"input": chosen}, role=Role.AGENT)
    assert answer.data["identifyCustomer"]["session"]["customer"] == {"id": jan}


async def test_what_he_says_chooses_among_those_who_share_a_phone(desk: Desk) -> None:
    alone = await desk.start({}, phone="0301234567")
    assert alone["recognition"] == "AMBIGUOUS"
    assert [candidate["band"] for candidate in alone["candidates"]] == ["REVIEW"] * 3
    told = await desk.start({"givenName": "Maria", "birthDate": "1957-11-02"}, phone="0301234567")
    assert told["session"]["customer"] == {"id": await desk.id_of("maria")}


async def test_who_writes_from_a_mailbox_of_another_is_a_customer_of_his_own(desk: Desk) -> None:
    lms = await declare_flow(desk.database, "lms")
    family = {"email": "familie@example.com"}
    await apply_page(desk.database, lms, page(content("7", customer(Written("Pieter", "Smit", **family)), 1)))
    pieter = gid("Customer", await owner(desk.database, "lms", "7"))

    async def web_form(**given: object) -> dict[str, Any]:
        asked = {"channel": "web", "known": family, **given}
        answer = await desk.api.ask(START, {"input": asked}, role=Role.AGENT)
        told: dict[str, Any] = answer.data["startSession"]
        assert told["problems"] == []
        return told

    for same in ({}, {"newCustomer": {"name": "P. Smit"}}, {"known": {**family, "person": {"givenName": "Piet"}}}):
        assert (await web_form(**same))["session"]["customer"] == {"id": pieter}
    said = {"givenName": "Fatima", "birthDate": "1986-11-02"}
    told = await web_form(known={**family, "person": said})
    assert (told["recognition"], told["session"]["customer"]) == ("UNKNOWN", None)
    fatima = (await web_form(newCustomer={"name": "Fatima Smit"}))["session"]["customer"]["id"]
    assert fatima != pieter
    assert (await web_form())["recognition"] == "AMBIGUOUS"
    assert (await web_form(known={**family, "customerId": pieter, "person": said}))["session"]["customer"] == {
        "id": pieter
    }


async def test_a_stranger_is_unknown_and_a_repeat_gives_the_same(desk: Desk) -> None:
    stranger = {"givenName": "Fatima", "familyName": "Bouazza", "birthDate": "1999-01-31", "postalCode": "1017 CP"}
    told = await desk.start(stranger)
    assert (told["recognition"], told["session"]["customer"], told["candidates"]) == ("UNKNOWN", None, [])
    given = {"channel": "call-centre", "known": {"person": SAYS}, "idempotencyKey": "once"}
    first, second = [await desk.api.ask(START, {"input": given}, role=Role.AGENT) for _ in range(2)]
    assert first.data == second.data
    long = await desk.start({"familyName": "x" * 201})
    assert long["problems"] == [{"code": "INVALID", "path": ["known", "person"]}]
