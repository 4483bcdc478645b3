"""The engine on a real Tryton: what the hub promises, seen from both ends."""

from __future__ import annotations

import gc
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

import adapters.tryton
from adapters.tryton.port import TrytonPort
from hub.clock import utc_now
from hub.errors import Transient
from hub.flows.correct import correct_contact_medium
from hub.flows.engine_room import EngineRoom
from hub.flows.run_lane import run_lane
from hub.flows.send import send_command
from hub.flows.systems import OpenSystems
from hub.mapping.compile import load_mapping
from hub.records.identity import Entity, FlowName, SystemName
from hub.records.lanes import FlowCadence, LaneMode
from hub.settings.flows import HUB, Flow, Lane
from hub.store.engine import Database
from hub.work.decisions import Done
from tests.adapters.tryton.long_transaction import long_transaction
from tests.adapters.tryton.parties import make_parties, medium_of
from tests.adapters.tryton.running import DATABASE, PARTIES, PARTY_COUNT, RunningTryton
from tests.flows.building import RULES, declare_flow
from tests.flows.engine import queued_run, state_of

pytestmark = pytest.mark.slow
CRM, FLOW = SystemName("crm"), FlowName("crm-customer")
MAPPING = load_mapping(Path(adapters.tryton.__file__).with_name("mappings") / "customer.yaml")


def room_on(database: Database, tryton: RunningTryton, of: str, page_size: int = 500) -> EngineRoom:
    lane = Lane(cadence=FlowCadence.DAILY, mode=LaneMode.AUTHORITATIVE, page_size=page_size, sweep=True)
    return EngineRoom(
        database=database,
        systems=OpenSystems({CRM: lambda: TrytonPort(CRM, tryton.options(database=of, horizon_s=0))}),
        flows={FLOW: Flow(FLOW, 2, "Customers", Entity.CUSTOMER, CRM, HUB, (lane,), ())},
        mappings={(CRM, Entity.CUSTOMER): MAPPING},
        recognition=RULES.recognition,
        keys=RULES.keys,
        clock=utc_now,
    )


async def declared(database: Database) -> None:
    await declare_flow(database, CRM)
    async with database.transaction() as connection:
        await connection.execute(
            text("INSERT INTO connected_system (name, adapter, roles) VALUES ('crm', 'tryton', '{CRM}')")
        )
        await connection.execute(
            text(
                """INSERT INTO information_flow (name, business_flow, title, entity, source, target)
                   VALUES ('contact-corrections', 8, 'Corrections', 'customer', 'hub', 'crm')"""
            )
        )
        await connection.execute(
            text("INSERT INTO lane (flow, cadence, mode) VALUES ('contact-corrections', 'REAL_TIME', 'AUTHORITATIVE')")
        )


async def written(database: Database) -> tuple[int, int, int, int]:
    """Living customers, versions, golden versions and changes told."""
    async with database.reading() as connection:
        row = (
            await connection.execute(
                text(
                    """SELECT (SELECT count(*) FROM customer WHERE NOT deleted) AS customers,
                         (SELECT count(*) FROM document_version) AS versions,
                         (SELECT count(*) FROM customer_history) AS history,
                         (SELECT count(*) FROM change_pending WHERE topic = 'Customer') AS told"""
                )
            )
        ).one()
        return row.customers, row.versions, row.history, row.told


async def customer(database: Database, external_id: str) -> dict[str, object]:
    async with database.reading() as connection:
        row = (
            await connection.execute(
                text(
                    """SELECT c.id, c.name, c.deleted, c.version,
                         ARRAY(SELECT m.value FROM contact_medium m WHERE m.customer_id = c.id ORDER BY 1) AS media
                       FROM customer c JOIN customer_identifier i ON i.customer_id = c.id
                       WHERE i.system = 'crm' AND i.external_id = :id"""
                ),
                {"id": external_id},
            )
        ).one()
        return dict(row._mapping)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the stop cuts open connections
async def test_five_thousand_parties_become_as_many_customers_although_tryton_stops_and_a_second_pull_changes_nothing(
    database: Database, tryton: RunningTryton
) -> None:
    await declared(database)
    room = room_on(database, tryton, PARTIES)
    run_id = await queued_run(database)
    with pytest.raises(Transient):
        await run_lane(room, run_id, progress=lambda counters: tryton.server.stop())
    assert await state_of(database, run_id) == "INTERRUPTED"
    assert 0 < (await written(database))[0] < PARTY_COUNT
    tryton.server.start()
    first = await run_lane(room, run_id)
    assert await state_of(database, run_id) == "COMPLETED"
    async with database.reading() as connection:
        of_parties = await connection.scalar(text("SELECT count(*) FROM customer WHERE customer_number LIKE 'P-%'"))
    assert of_parties == PARTY_COUNT
    before = await written(database)
    second = await run_lane(room, await queued_run(database))
    assert (second["created"], second["changed"], second["deleted"]) == (0, 0, 0)
    assert await written(database) == before
    assert first["created"] == before[0]
    await room.systems.aclose()
    gc.collect()


async def test_a_medium_deleted_in_tryton_disappears_and_a_deleted_party_is_marked(
    database: Database, tryton: RunningTryton
) -> None:
    await declared(database)
    room = room_on(database, tryton, DATABASE)
    kept, removed = make_parties(tryton.rpc, 2)
    await run_lane(room, await queued_run(database))
    assert (await customer(database, kept))["media"] == ["before@example.org"]
    medium, _ = medium_of(tryton.rpc, kept)
    tryton.rpc.delete("party.contact_mechanism", [medium])
    tryton.rpc.delete("party.party", [int(removed)])
    await run_lane(room, await queued_run(database))
    assert (await customer(database, kept))["media"] == []
    gone = await customer(database, removed)
    assert (gone["deleted"], gone["name"]) == (True, "Party 2")
    await room.systems.aclose()


async def test_a_correction_reaches_tryton_and_its_echo_is_no_news(database: Database, tryton: RunningTryton) -> None:
    await declared(database)
    room = room_on(database, tryton, DATABASE)
    (party,) = make_parties(tryton.rpc, 1)
    await run_lane(room, await queued_run(database))
    corrected = f"{uuid4().hex}@example.org"
    async with database.transaction() as connection:
        medium: UUID = await connection.scalar(
            text("SELECT id FROM contact_medium WHERE system = 'crm' AND external_id = :id"), {"id": party}
        )
        await correct_contact_medium(connection, medium, corrected, "agent", RULES.recognition, utc_now())
        command: UUID = await connection.scalar(text("SELECT id FROM outbound_command"))
    assert (await customer(database, party))["media"] == [corrected]
    assert await send_command(room, command) == Done()
    assert medium_of(tryton.rpc, party)[1] == corrected
    before = await written(database)
    await run_lane(room, await queued_run(database))
    assert await written(database) == before
    await room.systems.aclose()


async def test_rows_that_commit_behind_the_cursor_are_found(database: Database, tryton: RunningTryton) -> None:
    await declared(database)
    room = room_on(database, tryton, DATABASE)
    async with long_transaction(tryton.dsn, 200) as late:
        make_parties(tryton.rpc, 1)
        await run_lane(room, await queued_run(database))
        await late.commit()
    counters = await run_lane(room, await queued_run(database))
    assert counters["created"] == 200
    await room.systems.aclose()
