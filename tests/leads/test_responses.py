"""Answers to leads: tied to theirs, once, at their own time, and told to who must know."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from hub.errors import Conflict, HubError, InTheFuture, Invalid, NotFound, OtherCustomer
from hub.records.leads import LeadOutcome
from hub.store.engine import Database
from tests.contacts.conducting import counted, wanted
from tests.leads.opening import answered, opened, opening, row_of
from tests.schema.company import NOW, uid

LATER = NOW + timedelta(minutes=5)


async def test_a_membership_makes_one_lead_however_often_it_is_pulled(company: Database) -> None:
    first = await opening(company, source=("cm", "7"))
    again = await opening(company, source=("cm", "7"))
    assert (again.id, again.repeated, first.repeated) == (first.id, True, False)
    assert await counted(company, "sales_lead WHERE system = 'hub'", "lead_handling") == [1, 1]
    with pytest.raises(Conflict):
        await opening(company, source=("cm", "7"), customer=uid("Cor Smit"))


async def test_a_new_lead_goes_to_lead_management_under_its_number(company: Database) -> None:
    lead = await row_of(company, await opened(company, source=("cm", "7")))
    assert await wanted(company, "sales_lead") == [
        {
            "id": lead["number"],
            "customer": "lms-anna",
            "name": "Fibre at home",
            "state": "ACKNOWLEDGED",
            "started_on": "2026-03-02",
        }
    ]


async def test_an_answer_moves_its_lead_and_is_told_to_both(company: Database) -> None:
    lead = await opened(company, source=("cm", "7"))
    number = (await row_of(company, lead))["number"]
    recorded = await answered(company, lead, LeadOutcome.ACCEPTED, LATER)
    row = await row_of(company, lead)
    assert (row["state"], row["rating"], row["responded_at"]) == ("IN_PROGRESS", "HOT", LATER)
    told = {
        "id": str(recorded.id), "number": number, "campaign": "Spring", "proposition": "fibre-1000",
        "channel": "call-centre", "outcome": "ACCEPTED", "occurred_at": "2026-03-02T12:05:00Z",
    }  # fmt: skip
    assert await wanted(company, "lead_response") == [
        told | {"customer": "cm-anna", "membership": "7"},
        told | {"customer": "lms-anna"},
    ]
    assert (await wanted(company, "sales_lead"))[1:] == [
        {"id": number, "rating": "HOT"},
        {"id": number, "state": "IN_PROGRESS", "state_reason": "the customer answered ACCEPTED"},
    ]


@pytest.mark.parametrize(
    ("outcome", "state", "rating"),
    [
        (LeadOutcome.CLICKED, "IN_PROGRESS", "WARM"),
        (LeadOutcome.INTEREST, "IN_PROGRESS", "WARM"),
        (LeadOutcome.LATER, "IN_PROGRESS", "WARM"),
        (LeadOutcome.ACCEPTED, "IN_PROGRESS", "HOT"),
        (LeadOutcome.REJECTED, "REJECTED", "COLD"),
    ],
)
async def test_what_each_answer_makes_of_a_new_lead(
    company: Database, outcome: LeadOutcome, state: str, rating: str
) -> None:
    lead = await opened(company)
    await answered(company, lead, outcome)
    row = await row_of(company, lead)
    assert (row["state"], row["rating"], row["closed_at"] is not None) == (state, rating, state == "REJECTED")


async def test_a_repeat_changes_nothing_and_another_answer_under_its_key_is_refused(company: Database) -> None:
    lead = await opened(company)
    first = await answered(company, lead, LeadOutcome.CLICKED, key="k")
    before = await counted(company, "lead_response", "outbound_command", "timeline_entry", "change_feed")
    again = await answered(company, lead, LeadOutcome.CLICKED, LATER, key="k")
    assert (again.id, again.repeated) == (first.id, True)
    with pytest.raises(Conflict):
        await answered(company, lead, LeadOutcome.REJECTED, LATER, key="k")
    assert await counted(company, "lead_response", "outbound_command", "timeline_entry", "change_feed") == before


async def test_an_answer_that_arrives_behind_a_later_one_is_kept_and_moves_nothing(company: Database) -> None:
    lead = await opened(company)
    await answered(company, lead, LeadOutcome.ACCEPTED, LATER)
    await answered(company, lead, LeadOutcome.REJECTED, LATER, key="old", occurred_at=NOW)
    row = await row_of(company, lead)
    assert (row["state"], row["rating"]) == ("IN_PROGRESS", "HOT")
    assert await counted(company, "lead_response") == [2]


async def test_an_answer_to_a_lead_that_has_ended_is_kept(company: Database) -> None:
    lead = await opened(company)
    await answered(company, lead, LeadOutcome.REJECTED)
    await answered(company, lead, LeadOutcome.ACCEPTED, LATER)
    row = await row_of(company, lead)
    assert (row["state"], row["responded_at"]) == ("REJECTED", NOW)
    assert await counted(company, "lead_response") == [2]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"key": ""}, Invalid),
        ({"channel": "c" * 101}, Invalid),
        ({"occurred_at": NOW + timedelta(minutes=2)}, InTheFuture),
        ({"session": uuid4()}, NotFound),
        ({"lead": uuid4()}, NotFound),
    ],
)
async def test_a_bad_answer_leaves_nothing(company: Database, given: dict[str, Any], error: type[HubError]) -> None:
    lead = given.pop("lead", None) or await opened(company)
    with pytest.raises(error):
        await answered(company, lead, LeadOutcome.CLICKED, **given)
    assert await counted(company, "lead_response") == [0]


async def test_a_session_of_somebody_else_answers_no_lead(company: Database) -> None:
    lead = await opened(company)
    with pytest.raises(OtherCustomer):
        await answered(company, lead, LeadOutcome.CLICKED, session=uid("Cor Smit session"))
    assert await counted(company, "lead_response") == [0]
