"""Members of an outbound campaign become leads (flow 9), once each, on the cadence of the flow that brings them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, text

from hub.flows.apply import ApplyRules, apply
from hub.flows.incoming import Content
from hub.flows.lane import LaneContext
from hub.leads.open_outbound import open_outbound
from hub.records.belongings import CampaignMembershipRecord
from hub.records.enums import LeadPriority, LeadRating
from hub.records.identity import Entity
from hub.records.lanes import LaneMode
from hub.settings.leads import LeadRules, OutboundCampaign
from hub.store.engine import Database
from tests.contacts.conducting import counted, wanted
from tests.flows.building import RULES, apply_page, at, content, declare_flow, page, person
from tests.schema.company import NOW

SPRING = OutboundCampaign(
    name="Fibre in spring", proposition="fibre-1000", rating=LeadRating.COLD, priority=LeadPriority.HIGH
)
LEADS = LeadRules(outbound={"Spring": SPRING})
OWN = "sales_lead WHERE system = 'hub'"


@pytest.fixture
async def members(company: Database) -> LaneContext:
    return await declare_flow(company, "cm", Entity.CAMPAIGN_MEMBERSHIP)


async def pulled(
    database: Database,
    lane: LaneContext,
    *memberships: dict[str, Any],
    minute: int = 1,
    leads: LeadRules = LEADS,
    prefix: str = "m",
) -> None:
    """A page of the CM's memberships, by external id."""
    rules: ApplyRules = replace(RULES, leads=leads)
    contents: list[Content] = []
    for given in memberships:
        record = CampaignMembershipRecord(**{"customer": "cm-anna", "campaign": "Spring", "state": "ACTIVE"} | given)
        contents.append(content(f"{prefix}{len(contents)}", record, minute))
    async with database.transaction() as connection:
        await apply(connection, lane, page(*contents), rules, at(10_000))


async def test_a_member_becomes_an_outbound_lead_that_goes_to_lead_management(
    company: Database, members: LaneContext
) -> None:
    await pulled(company, members, {})
    async with company.reading() as connection:
        row = (
            await connection.execute(text("SELECT l.*, h.* FROM sales_lead l JOIN lead_handling h ON h.lead_id = l.id"))
        ).one()
    assert (row.state, row.direction, row.campaign, row.proposition) == (
        "ACKNOWLEDGED", "OUTBOUND", "Spring", "fibre-1000",
    )  # fmt: skip
    assert (row.name, row.rating, row.priority, row.source_system, row.source_id, row.opened_by) == (
        "Fibre in spring", "COLD", "HIGH", "cm", "m0", "cm",
    )  # fmt: skip
    (told,) = await wanted(company, "sales_lead")
    assert (told["id"], told["customer"], told["priority"]) == (row.number, "lms-anna", "HIGH")


async def test_a_page_of_members_takes_no_more_statements_than_two(company: Database, members: LaneContext) -> None:
    """Whom lead management knows, and whom it does not: he is made there once, however many leads he has."""

    async def statements(*ids: str) -> int:
        given = [{"customer": customer} for customer in ids]
        await pulled(company, members, *given, leads=LeadRules(), prefix=f"{len(ids)}-")
        run: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            run.append(statement)

        async with company.transaction() as connection:
            event.listen(connection.sync_connection, "before_cursor_execute", note)
            assert await open_outbound(connection, LEADS, NOW) == len(ids)
        return len(run)

    await add_members(company, "cor")
    few, many = await statements("cm-anna", "cm-cor"), await statements(*["cm-anna", "cm-cor"] * 20)
    assert many <= few
    assert await counted(company, OWN) == [42]
    assert len(await wanted(company, "sales_lead")) == 42
    assert len(await wanted(company, "customer")) == 1


async def add_members(database: Database, *names: str) -> None:
    """Campaign management knows these of the company, too."""
    async with database.transaction() as connection:
        for name in names:
            await connection.execute(
                text(
                    """INSERT INTO customer_identifier (system, external_id, customer_id, since)
                       SELECT 'cm', 'cm-' || :name, customer_id, since FROM customer_identifier
                       WHERE system = 'crm' AND external_id = 'crm-' || :name"""
                ),
                {"name": name},
            )


async def test_repeated_pulls_double_nothing(company: Database, members: LaneContext) -> None:
    await pulled(company, members, {})
    before = await counted(company, OWN, "outbound_command", "timeline_entry")
    await pulled(company, members, {}, minute=2)
    await pulled(company, members, {"state": "COMPLETED", "step": "Mailed"}, minute=3)
    async with company.transaction() as connection:
        assert await open_outbound(connection, LEADS, NOW) == 0
    assert await counted(company, OWN, "outbound_command", "timeline_entry") == before


@pytest.mark.parametrize(
    ("given", "leads"),
    [
        ({"campaign": "Summer"}, LEADS),
        ({"state": "UNSUBSCRIBED"}, LEADS),
        ({}, LeadRules()),
        ({}, LeadRules(outbound={"Spring": SPRING.model_copy(update={"system": "other"})})),
        ({"step": "Mailed"}, LeadRules(outbound={"Spring": SPRING.model_copy(update={"step": "Reminded"})})),
    ],
)
async def test_who_is_not_meant_is_no_lead(
    company: Database, members: LaneContext, given: dict[str, Any], leads: LeadRules
) -> None:
    await pulled(company, members, given, leads=leads)
    assert await counted(company, OWN, "campaign_membership WHERE system = 'cm'") == [0, 1]


async def test_whoever_is_known_later_or_was_a_member_before_it_was_wanted_becomes_one_then(
    company: Database, members: LaneContext
) -> None:
    await pulled(company, members, {"customer": "7"}, {}, leads=LeadRules())
    async with company.transaction() as connection:
        assert await open_outbound(connection, LEADS, NOW) == 1
    customers = await declare_flow(company, "cm")
    await apply_page(company, customers, page(content("7", person("Eva", "eva@example.nl"), 2)))
    async with company.transaction() as connection:
        assert await open_outbound(connection, LEADS, NOW, limit=1) == 1
        assert await open_outbound(connection, LEADS, NOW) == 0
    assert await counted(company, OWN) == [2]


async def test_a_lane_without_authority_opens_nothing(company: Database, members: LaneContext) -> None:
    async with company.transaction() as connection:
        await connection.execute(text("UPDATE lane SET mode = 'SHADOW' WHERE id = :id"), {"id": members.lane_id})
    await pulled(company, replace(members, mode=LaneMode.SHADOW), {})
    assert await counted(company, OWN) == [0]
