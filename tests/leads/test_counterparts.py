"""A lead of the hub's and its counterpart at lead management are one lead, three-way."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.flows.lane import LaneContext
from hub.leads.follow_counterpart import follow_refusal
from hub.leads.work_lead import advance_lead, update_lead
from hub.records.belongings import SalesLeadRecord
from hub.records.enums import LeadState
from hub.records.identity import Entity
from hub.store.engine import Database
from tests.contacts.conducting import counted
from tests.flows.building import apply_page, at, content, declare_flow, page
from tests.leads.opening import opened, row_of
from tests.schema.company import NOW
from tests.schema.serving import Api


@pytest.fixture
async def lane(company: Database) -> LaneContext:
    return await declare_flow(company, "lms", Entity.SALES_LEAD)


async def told(
    database: Database,
    lane: LaneContext,
    lead: UUID,
    minute: int,
    state: str,
    external_id: str = "17",
    **given: object,
) -> None:
    """The LMS says how its counterpart stands."""
    number = (await row_of(database, lead))["number"]
    record = SalesLeadRecord.model_validate({"customer": "lms-anna", "state": state, "hub_number": number, **given})
    await apply_page(database, lane, page(content(external_id, record, minute)))


async def advance(database: Database, lead: UUID, to: LeadState) -> None:
    async with database.transaction() as connection:
        await advance_lead(connection, lead, to, None, NOW)


async def state_of(database: Database, lead: UUID) -> str:
    return str((await row_of(database, lead))["state"])


async def test_what_the_lms_changes_is_how_the_lead_stands(company: Database, lane: LaneContext) -> None:
    lead = await opened(company)
    await told(company, lane, lead, 1, "ACKNOWLEDGED", probability=50, owner="Marijke")
    await told(company, lane, lead, 2, "REJECTED", state_reason="Too dear", amount="120.00", currency="EUR")
    row = await row_of(company, lead)
    assert (row["state"], row["state_reason"], row["amount"]) == ("REJECTED", "Too dear", Decimal("120.00"))
    assert row["closed_at"] is not None
    await told(company, lane, lead, 3, "ACKNOWLEDGED", amount="120", currency="EUR")
    reopened = await row_of(company, lead)
    assert (reopened["state"], reopened["closed_at"]) == ("ACKNOWLEDGED", None)


async def test_the_first_word_fills_what_is_blank_and_takes_nothing_away(company: Database, lane: LaneContext) -> None:
    lead = await opened(company, owner="eva")
    await told(company, lane, lead, 1, "ACKNOWLEDGED", owner="Marijke", probability=50)
    first = await row_of(company, lead)
    assert (first["lead_owner"], first["probability"], first["name"]) == ("eva", 50, "Fibre at home")
    await told(company, lane, lead, 2, "ACKNOWLEDGED", owner="Piet", probability=50)
    assert (await row_of(company, lead))["lead_owner"] == "Piet"


async def test_both_are_shown_as_one(company: Database, lane: LaneContext, desk: Api) -> None:
    lead = await opened(company)
    await told(company, lane, lead, 1, "IN_PROGRESS")
    assert await counted(company, "sales_lead WHERE name = 'Fibre at home' OR hub_number IS NOT NULL") == [2]
    answer = await desk.ask('{ customer(by: {email: "anna@example.nl"}) { leads { edges { node { name state } } } } }')
    names = [edge["node"]["name"] for edge in answer.data["customer"]["leads"]["edges"]]
    assert names.count("Fibre at home") == 1
    assert None not in names
    both = (await desk.ask("{ leads { totalCount } }")).data["leads"]["totalCount"]
    assert [both] == await counted(company, "sales_lead WHERE hub_number IS NULL")


async def test_an_old_word_does_not_undo_what_is_on_its_way(company: Database, lane: LaneContext) -> None:
    lead = await opened(company)
    await advance(company, lead, LeadState.IN_PROGRESS)
    await told(company, lane, lead, 1, "ACKNOWLEDGED", probability=50)
    assert await state_of(company, lead) == "IN_PROGRESS"
    await told(company, lane, lead, 2, "IN_PROGRESS", probability=50)
    assert await state_of(company, lead) == "IN_PROGRESS"


async def test_what_the_lms_changed_meanwhile_wins_and_other_fields_stay(company: Database, lane: LaneContext) -> None:
    lead = await opened(company)
    await told(company, lane, lead, 1, "ACKNOWLEDGED")
    async with company.transaction() as connection:
        await update_lead(connection, lead, {"rating": "HOT"}, NOW)
        await advance_lead(connection, lead, LeadState.PENDING, None, NOW)
    await told(company, lane, lead, 2, "REJECTED")
    row = await row_of(company, lead)
    assert (row["state"], row["rating"]) == ("REJECTED", "HOT")


async def test_a_refused_change_is_taken_back(company: Database, lane: LaneContext) -> None:
    lead = await opened(company)
    await told(company, lane, lead, 1, "PENDING")
    await advance(company, lead, LeadState.ACCEPTED)
    async with company.transaction() as connection:
        await follow_refusal(connection, "lms", (await row_of(company, lead))["number"], NOW)
    row = await row_of(company, lead)
    assert (row["state"], row["state_reason"], row["closed_at"]) == ("PENDING", "lms refused ACCEPTED", None)


async def test_a_counterpart_that_is_deleted_takes_its_lead_along(company: Database, lane: LaneContext) -> None:
    lead = await opened(company)
    await told(company, lane, lead, 1, "IN_PROGRESS")
    await apply_page(company, lane, page(gone={"17": at(2)}))
    row = await row_of(company, lead)
    assert (row["state"], row["state_reason"], row["deleted"]) == ("CANCELLED", "lms deleted it", False)


async def test_the_counterpart_stands_for_its_lead(company: Database, lane: LaneContext) -> None:
    lead = await opened(company)
    await told(company, lane, lead, 1, "IN_PROGRESS")
    async with company.transaction() as connection:
        theirs = await connection.scalar(text("SELECT id FROM sales_lead WHERE hub_number IS NOT NULL"))
        assert await advance_lead(connection, theirs, LeadState.PENDING, None, NOW) == lead
    assert await state_of(company, lead) == "PENDING"
