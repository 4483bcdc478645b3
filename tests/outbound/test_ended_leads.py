"""A lead that ends without an answer takes its deliveries along, in the same transaction."""

from __future__ import annotations

import pytest

from hub.flows.lane import LaneContext
from hub.outbound.respond import advance
from hub.records.belongings import SalesLeadRecord
from hub.records.enums import LeadState
from hub.records.identity import Entity
from tests.contacts.conducting import declare_outward
from tests.flows.building import apply_page, at, content, declare_flow, page
from tests.leads.opening import row_of
from tests.outbound.company import Street, lead_for
from tests.outbound.receiving import Receiver

STOPPED = {"mail": "STOPPED LEAD_ENDED", "letters": "STOPPED LEAD_ENDED", "calls": "STOPPED LEAD_ENDED"}


@pytest.fixture
async def lane(street: Street) -> LaneContext:
    await declare_outward(street.database, "sales_lead", system="lms")
    return await declare_flow(street.database, "lms", Entity.SALES_LEAD)


@pytest.mark.parametrize("to", [LeadState.REJECTED, LeadState.CANCELLED, LeadState.IN_PROGRESS])
async def test_by_the_hand_of_an_agent(street: Street, receiver: Receiver, to: LeadState) -> None:
    lead = await lead_for(street.database, "Anna Bakker")
    await street.plan()
    async with street.database.transaction() as connection:
        await advance(connection, lead, to, None, street.now)
    under_way = dict.fromkeys(STOPPED, "PLANNED")
    assert await street.states(lead) == (under_way if to is LeadState.IN_PROGRESS else STOPPED)


async def test_by_the_word_of_lead_management_and_what_it_reopens_goes_out(
    street: Street, receiver: Receiver, lane: LaneContext
) -> None:
    lead = await lead_for(street.database, "Anna Bakker")
    await street.plan()
    number = (await row_of(street.database, lead))["number"]
    for minute, state in enumerate(("IN_PROGRESS", "REJECTED")):
        record = SalesLeadRecord.model_validate({"customer": "lms-anna", "state": state, "hub_number": number})
        await apply_page(street.database, lane, page(content("17", record, minute)))
    assert await street.states(lead) == STOPPED
    assert await street.plan() == 0

    again = SalesLeadRecord.model_validate({"customer": "lms-anna", "state": "IN_PROGRESS", "hub_number": number})
    await apply_page(street.database, lane, page(content("17", again, 3)))
    await street.plan()
    assert await street.states(lead) == dict.fromkeys(STOPPED, "PLANNED")


async def test_by_its_removal_there(street: Street, receiver: Receiver, lane: LaneContext) -> None:
    lead = await lead_for(street.database, "Anna Bakker")
    await street.plan()
    number = (await row_of(street.database, lead))["number"]
    record = SalesLeadRecord.model_validate({"customer": "lms-anna", "state": "IN_PROGRESS", "hub_number": number})
    await apply_page(street.database, lane, page(content("17", record, 1)))
    await apply_page(street.database, lane, page(gone={"17": at(2)}))
    assert await street.states(lead) == STOPPED
