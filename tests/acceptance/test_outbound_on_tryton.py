"""A weekly lane into a real Tryton: new parties are made once, corrections arrive net."""

from __future__ import annotations

from uuid import uuid4

import pytest

from adapters.tryton.port import TrytonPort
from hub.exchange.want import NewObject, Target, want_create, want_update
from hub.flows.run_lane import run_lane
from hub.ports.writing import FieldChange
from hub.records.customer import ContactMediumRecord, CustomerRecord
from hub.records.enums import MediumKind
from hub.records.identity import Entity, ExternalId
from hub.records.lanes import FlowCadence, LaneMode
from hub.store.engine import Database
from tests.adapters.tryton.parties import make_parties, medium_of
from tests.adapters.tryton.running import DATABASE, RunningTryton
from tests.flows.building import at
from tests.flows.engine import CRM
from tests.flows.outbound import commands, declare_outbound, ordered_run, outbound_room

pytestmark = pytest.mark.slow
WEEKLY = {FlowCadence.WEEKLY: LaneMode.AUTHORITATIVE}


async def test_a_weekly_batch_makes_new_parties_once_and_corrects_net(
    database: Database, tryton: RunningTryton
) -> None:
    await declare_outbound(database, WEEKLY)
    room = outbound_room(database, TrytonPort(CRM, tryton.options(database=DATABASE, horizon_s=0)), WEEKLY)
    (party,) = make_parties(tryton.rpc, 1)
    medium, before = medium_of(tryton.rpc, party)
    last = f"{uuid4().hex}@example.org"
    path = ("contact_media", str(medium), "value")
    keys = [f"lead/{uuid4()}" for _ in range(3)]
    async with database.transaction() as connection:
        target = Target("crm", Entity.CUSTOMER, ExternalId(party), "somebody")
        await want_update(connection, target, [FieldChange(path, before, "typo@example.org")], at(0))
        await want_update(connection, target, [FieldChange(path, "typo@example.org", last)], at(1))
        for key in keys:
            email = ContactMediumRecord(external_id="1", kind=MediumKind.EMAIL, value=f"{uuid4().hex}@example.org")
            record = CustomerRecord(name=key, contact_media=(email,))
            await want_create(connection, NewObject("crm", Entity.CUSTOMER, key, key), record, at(2))
    counters = await run_lane(room, await ordered_run(database))
    assert (counters["collected"], counters["done"], counters["refused"]) == (5, 4, 0)
    assert medium_of(tryton.rpc, party)[1] == last
    made = [row.external_id for row in await commands(database) if row.operation == "CREATE"]
    port = room.systems.port(CRM)
    found = [await port.find_by_key(Entity.CUSTOMER, key) for key in sorted(keys)]
    assert [one.external_id for one in found if one is not None] == made
    again = await run_lane(room, await ordered_run(database, 1))
    assert again["collected"] == 0
    await room.systems.aclose()
