"""Leads of the hub's own in a real BottleCRM: made once, found by the hub's number, converted, three-way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast
from uuid import uuid4

import pytest

from adapters.bottlecrm import ADAPTER
from adapters.bottlecrm.port import BottleCrmPort
from hub.mapping.compile import load_mapping
from hub.ports.limits import CallLimits
from hub.ports.writing import FieldChange, Operation, Refused, WriteCommand, WriteOutcome, Written
from hub.records.belongings import SalesLeadRecord
from hub.records.identity import Entity, ExternalId, SystemName
from hub.records.source import JsonValue
from tests.bottlecrm.running import RunningBottleCrm
from tests.bottlecrm.sql import run_sql

pytestmark = pytest.mark.slow

MAPPING = load_mapping(cast("Any", ADAPTER.mappings) / "sales_lead.yaml")
FIELD = {"target_model": "Lead", "key": "contacthub", "label": "Contacthub", "field_type": "text"}


@pytest.fixture
async def lms(bottlecrm: RunningBottleCrm) -> AsyncIterator[BottleCrmPort]:
    opened = BottleCrmPort(SystemName("lms"), bottlecrm.options(), CallLimits(timeout_s=60))
    yield opened
    await opened.aclose()


def command(external_id: str, *changes: tuple[str, JsonValue, JsonValue]) -> WriteCommand:
    made = tuple(FieldChange((name,), old, new) for name, old, new in changes)
    return WriteCommand(str(uuid4()), Entity.SALES_LEAD, Operation.UPDATE, ExternalId(external_id), made)


async def write(port: BottleCrmPort, one: WriteCommand) -> WriteOutcome:
    (outcome,) = await port.write([one])
    return outcome


def record_of(outcome: WriteOutcome) -> SalesLeadRecord:
    after = outcome.now if isinstance(outcome, Refused) else cast("Written", outcome).after
    assert after is not None
    assert after.body is not None
    return cast("SalesLeadRecord", MAPPING.record_of(after.body))


async def test_a_lead_of_the_hubs_own_from_its_making_to_its_conversion(
    bottlecrm: RunningBottleCrm, lms: BottleCrmPort
) -> None:
    drawn = uuid4().hex.upper()
    number, email = f"L-{drawn[:5]}-{drawn[5:10]}", f"{drawn[:8].lower()}@example.org"
    person = {"first_name": "Anna", "last_name": f"Bakker {drawn[:4]}", "email": email}
    contact = await asyncio.to_thread(bottlecrm.make, "contacts/", person)
    told = {"customer": contact, "name": "Fibre", "state": "ACKNOWLEDGED", "rating": "WARM", "priority": "HIGH"}
    opening = command(number, *((name, None, value) for name, value in told.items()))

    run_sql(bottlecrm.dsn, "DELETE FROM custom_field_definition WHERE key = 'contacthub'")
    without = await write(lms, opening)
    assert isinstance(without, Refused)
    assert "custom field `contacthub`" in without.message
    await asyncio.to_thread(bottlecrm.call, "POST", "custom-fields/", FIELD)

    first, again = await write(lms, opening), await write(lms, opening)
    record = record_of(first)
    assert (record.hub_number, record.state, record.rating, record.customer) == (
        number, "ACKNOWLEDGED", "WARM", contact,
    )  # fmt: skip
    assert cast("Written", again).external_id == cast("Written", first).external_id

    moved = await write(lms, command(number, ("state", "ACKNOWLEDGED", "IN_PROGRESS"), ("rating", "WARM", "HOT")))
    assert (record_of(moved).state, record_of(moved).rating) == ("IN_PROGRESS", "HOT")
    stale = await write(lms, command(number, ("state", "ACKNOWLEDGED", "REJECTED")))
    assert isinstance(stale, Refused)
    assert (stale.conflict, record_of(stale).state) == (True, "IN_PROGRESS")

    converted = await write(lms, command(number, ("state", "IN_PROGRESS", "PENDING")))
    assert record_of(converted).state == "ACCEPTED"
    gone = await write(lms, command(number, ("state", "PENDING", "REJECTED")))
    assert isinstance(gone, Refused)
    assert gone.code == "NOT_FOUND"


async def test_an_answer_stands_once_where_people_look(bottlecrm: RunningBottleCrm, lms: BottleCrmPort) -> None:
    """At the lead by its id here, closed or converted; at the contact where there is no such lead; else nowhere."""
    drawn = uuid4().hex
    contact = await asyncio.to_thread(bottlecrm.make, "contacts/", {"first_name": "Anna", "last_name": drawn})
    titled = {"title": "Fibre", "status": "assigned", "contacts": [contact]}
    lead = await asyncio.to_thread(bottlecrm.make, "leads/", titled)

    async def comments(path: str) -> list[str]:
        page = await asyncio.to_thread(bottlecrm.call, "GET", path)
        return [one["comment"] for one in page["comments"]]

    told = {"channel": "call-centre", "outcome": "ACCEPTED", "campaign": "Spring"}
    at_lead, at_contact = answer(lead=lead, customer=contact, **told), answer(customer=contact, **told)
    for one in (at_lead, at_lead, at_contact, at_contact):
        assert await write(lms, one) == Written(cast("ExternalId", one.external_id))
    lines = "\nCampaign: Spring\nChannel: call-centre\nOutcome: ACCEPTED"
    assert await comments(f"leads/{lead}/") == [f"Answer {at_lead.external_id}{lines}"]
    assert await comments(f"contacts/{contact}/") == [f"Answer {at_contact.external_id}{lines}"]

    nobody = await write(lms, answer(lead=str(uuid4()), number="L-22222-22222", customer=str(uuid4()), **told))
    assert isinstance(nobody, Refused)
    assert nobody.code == "NOT_FOUND"


def answer(**told: JsonValue) -> WriteCommand:
    changes = tuple(FieldChange((name,), None, value) for name, value in told.items())
    return WriteCommand(str(uuid4()), Entity.LEAD_RESPONSE, Operation.UPDATE, ExternalId(str(uuid4())), changes)
