"""A campaign's member becomes a lead, is answered and converted, between a real Tryton on both sides of the hub."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from adapters.tryton import ADAPTER
from adapters.tryton.port import TrytonPort
from examples.demo.tryton.rpc import create_children
from hub.clock import utc_now
from hub.flows.engine_room import EngineRoom
from hub.flows.systems import OpenSystems
from hub.flows.take_in import take_in
from hub.leads.record_response import NewResponse, record_response
from hub.leads.work_lead import convert_lead
from hub.mapping.compile import load_mapping
from hub.ports.pages import PullPage
from hub.records.identity import Entity, SystemName
from hub.records.leads import LeadOutcome
from hub.settings.leads import LeadRules, OutboundCampaign
from hub.store.engine import Database
from tests.adapters.tryton.parties import make_parties
from tests.adapters.tryton.running import DATABASE, RunningTryton
from tests.contacts.conducting import declare_outward
from tests.flows.building import RULES, declare_flow
from tests.flows.outbound import work_off
from tests.leads.opening import row_of
from tests.schema.company import Person, add_person, add_systems

pytestmark = pytest.mark.slow

CM, LMS = SystemName("cm"), SystemName("lms")


@pytest.fixture
async def port(tryton: RunningTryton) -> AsyncIterator[TrytonPort]:
    opened = TrytonPort(LMS, tryton.options(database=DATABASE, horizon_s=0))
    yield opened
    await opened.aclose()


def planned(tryton: RunningTryton, party: str) -> tuple[str, int]:
    """A campaign that campaign management keeps for the outbound channels, with this member."""
    name = f"Spring {uuid4()}"
    activity = {"name": "Call", "action": "send_email", "email_title": "Hello", "email_template": "<p>Hello</p>"}
    (scenario,) = tryton.rpc.create(
        "marketing.automation.scenario",
        [{"name": name, "model": "party.party", "activities": create_children(activity)}],
    )
    (member,) = tryton.rpc.create(
        "marketing.automation.record", [{"scenario": scenario, "record": f"party.party,{party}"}]
    )
    return name, member


def room_of(database: Database, port: TrytonPort, campaign: str) -> EngineRoom:
    folder = cast("Any", ADAPTER.mappings)
    return EngineRoom(
        database=database,
        systems=OpenSystems({CM: lambda: port, LMS: lambda: port}),
        flows={},
        mappings={
            (CM, Entity.CAMPAIGN_MEMBERSHIP): load_mapping(folder / "campaign_membership.yaml"),
            (LMS, Entity.SALES_LEAD): load_mapping(folder / "sales_lead.yaml"),
        },
        recognition=RULES.recognition,
        keys=RULES.keys,
        clock=utc_now,
        leads=LeadRules(outbound={campaign: OutboundCampaign(name="Fibre")}),
    )


async def pull(room: EngineRoom, lane: Any, port: TrytonPort) -> None:
    """All that the lane's system has, from the beginning."""
    cursor = await port.begin_run(lane.entity, None, timedelta(0))
    while True:
        page: PullPage = await port.pull(lane.entity, cursor, 500)
        await take_in(room, lane, page.objects)
        cursor = page.cursor
        if page.last:
            return


async def the_lead(database: Database) -> UUID:
    async with database.reading() as connection:
        return cast("UUID", await connection.scalar(text("SELECT id FROM sales_lead WHERE system = 'hub'")))


async def test_a_member_is_a_lead_until_it_is_converted_and_both_sides_know_the_answer(
    database: Database, tryton: RunningTryton, port: TrytonPort
) -> None:
    (party,) = make_parties(tryton.rpc, 1)
    campaign, member = planned(tryton, party)
    async with database.transaction() as connection:
        await add_systems(connection)
        await add_person(
            connection, Person("Anna Bakker", "anna@example.nl", "+31612345678", systems=("crm", "lms", "cm"))
        )
        await connection.execute(
            text("UPDATE customer_identifier SET external_id = :id WHERE system IN ('lms', 'cm')"), {"id": party}
        )
    await declare_outward(database, "sales_lead", "lead_response", system="lms")
    await declare_outward(database, "lead_response", system="cm")
    memberships = await declare_flow(database, "cm", Entity.CAMPAIGN_MEMBERSHIP)
    leads = await declare_flow(database, "lms", Entity.SALES_LEAD)
    room = room_of(database, port, campaign)

    for _ in range(2):
        await pull(room, memberships, port)
        await work_off(room)
        await pull(room, leads, port)
    lead = await the_lead(database)
    number = (await row_of(database, lead))["number"]
    (made,) = tryton.rpc.search_read(
        "sale.opportunity", [["party", "=", int(party)]], ["reference", "state", "description"]
    )
    assert (made["reference"], made["state"], made["description"]) == (number, "lead", "Fibre")

    async with database.transaction() as connection:
        new = NewResponse(lead, "a", "call-centre", LeadOutcome.ACCEPTED, utc_now())
        await record_response(connection, new, "eva", utc_now())
        await convert_lead(connection, lead, None, utc_now())
    await work_off(room)
    (after,) = tryton.rpc.search_read("sale.opportunity", [["id", "=", cast("int", made["id"])]], ["state", "sales"])
    assert (after["state"], len(cast("list[int]", after["sales"]))) == ("converted", 1)
    (blocked,) = tryton.rpc.search_read("marketing.automation.record", [["id", "=", member]], ["blocked"])
    assert blocked["blocked"] is True
    for resource in (f"sale.opportunity,{made['id']}", f"marketing.automation.record,{member}"):
        notes = tryton.rpc.search_read("ir.note", [["resource", "=", resource]], ["message"])
        assert any("Outcome: ACCEPTED\n" in str(note["message"]) for note in notes), resource
    await pull(room, leads, port)
    row = await row_of(database, lead)
    assert (row["state"], row["rating"]) == ("PENDING", "HOT")

    tryton.rpc.call("sale.sale.cancel", cast("list[int]", after["sales"]))
    await pull(room, leads, port)
    assert (await row_of(database, lead))["state"] == "REJECTED"
