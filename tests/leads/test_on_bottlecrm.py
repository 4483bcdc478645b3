"""An answer in another channel reaches a real BottleCRM as lead management, which did not know the customer before."""

from __future__ import annotations

import asyncio
from typing import Any, cast
from uuid import uuid4

import pytest
from sqlalchemy import text

from adapters.bottlecrm import ADAPTER
from adapters.bottlecrm.port import BottleCrmPort
from hub.clock import utc_now
from hub.flows.engine_room import EngineRoom
from hub.flows.systems import OpenSystems
from hub.leads.record_response import NewResponse
from hub.mapping.compile import load_mapping
from hub.outbound.respond import respond
from hub.ports.limits import CallLimits
from hub.records.identity import Entity, SystemName
from hub.records.leads import LeadOutcome
from hub.store.engine import Database
from tests.bottlecrm.running import RunningBottleCrm
from tests.contacts.conducting import declare_outward
from tests.flows.building import RULES
from tests.flows.outbound import work_off
from tests.leads.opening import opened, row_of
from tests.schema.company import Person, add_person, add_systems

pytestmark = pytest.mark.slow

LMS = SystemName("lms")
FIELD = {"target_model": "Lead", "key": "contacthub", "label": "Contacthub", "field_type": "text"}


def room_of(database: Database, port: BottleCrmPort) -> EngineRoom:
    folder = cast("Any", ADAPTER.mappings)
    return EngineRoom(
        database=database,
        systems=OpenSystems({LMS: lambda: port}),
        flows={},
        mappings={
            (LMS, one): load_mapping(folder / f"{one.value}.yaml") for one in (Entity.CUSTOMER, Entity.SALES_LEAD)
        },
        recognition=RULES.recognition,
        keys=RULES.keys,
        clock=utc_now,
    )


async def test_the_lead_is_under_way_there_and_tells_what_he_answered(
    database: Database, bottlecrm: RunningBottleCrm
) -> None:
    email = f"{uuid4().hex[:12]}@example.org"
    async with database.transaction() as connection:
        await add_systems(connection)
        await add_person(connection, Person("Anna Bakker", email, "+31612345678"))
    await declare_outward(database, "sales_lead", "customer", "lead_response", system="lms")
    if not any(one["key"] == FIELD["key"] for one in bottlecrm.call("GET", "custom-fields/")["definitions"]):
        await asyncio.to_thread(bottlecrm.call, "POST", "custom-fields/", FIELD)
    port = BottleCrmPort(LMS, bottlecrm.options(), CallLimits(timeout_s=60))
    try:
        room = room_of(database, port)
        lead = await opened(database, utc_now())
        await work_off(room)
        async with database.transaction() as connection:
            new = NewResponse(lead, "call-1", "call-centre", LeadOutcome.ACCEPTED, utc_now())
            await respond(connection, new, "eva", utc_now())
        await work_off(room)
    finally:
        await port.aclose()

    number = (await row_of(database, lead))["number"]
    listed = await asyncio.to_thread(bottlecrm.call, "GET", f"leads/?open=true&cf_contacthub={number}")
    (made,) = listed["open_leads"]["open_leads"]
    page = await asyncio.to_thread(bottlecrm.call, "GET", f"leads/{made['id']}/")
    (contact,) = page["lead_obj"]["contacts"]
    linked = await asyncio.to_thread(bottlecrm.call, "GET", f"contacts/{contact['id']}/")
    assert linked["contact_obj"]["email"] == email
    assert (made["status"], made["rating"]) == ("in process", "HOT")
    (comment,) = page["comments"]
    assert "\nChannel: call-centre\nOutcome: ACCEPTED\n" in comment["comment"]
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT DISTINCT state FROM outbound_command"))
        assert rows.scalars().all() == ["DONE"]
