"""A change in Tryton on its way to a subscriber."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from hub.flows.run_lane import run_lane
from hub.live.reader import Interest, Reader
from hub.live.sequencer import Sequencer
from hub.live.subscribe import Subscription
from hub.store.engine import Database
from tests.acceptance.test_on_tryton import customer, declared, room_on
from tests.adapters.tryton.parties import make_parties
from tests.adapters.tryton.running import DATABASE, RunningTryton
from tests.flows.engine import queued_run

pytestmark = pytest.mark.slow


async def test_a_change_in_tryton_reaches_a_subscriber(
    database: Database, database_url: str, tryton: RunningTryton
) -> None:
    await declared(database)
    room = room_on(database, tryton, DATABASE)
    (party,) = make_parties(tryton.rpc, 1)
    await run_lane(room, await queued_run(database))
    before = await customer(database, party)
    reader, sequencer = Reader(database_url), Sequencer(database_url)
    tasks = [asyncio.create_task(reader.run()), asyncio.create_task(sequencer.run())]
    try:
        async with Subscription(reader, database, Interest("Customer", str(before["id"]))) as changes:
            name = f"Renamed {uuid4().hex}"
            tryton.rpc.write("party.party", [int(party)], {"name": name})
            await run_lane(room, await queued_run(database))
            change = await asyncio.wait_for(anext(changes), 30)
            while change.kind != "CustomerAttributeValueChangeEvent":
                change = await asyncio.wait_for(anext(changes), 30)
        after = await customer(database, party)
        assert (after["name"], after["version"]) == (name, 2)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await room.systems.aclose()
