"""One person in three real packages: one view, split by a steward, erased with receipts, not back on a full pull."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest
from sqlalchemy import text

import adapters.tryton
from adapters.tryton.options import TrytonOptions
from adapters.tryton.port import TrytonPort
from examples.demo.tryton.home import running_tryton
from examples.demo.tryton.roles import EMPTY
from examples.demo.tryton.rpc import TrytonRpc, create_children
from examples.demo.tryton.server import TrytonServer
from hub.clock import utc_now
from hub.customers.identifiers import Node
from hub.customers.steward_tables import StewardActKind
from hub.flows.engine_room import EngineRoom
from hub.flows.run_lane import run_lane
from hub.flows.send import send_command
from hub.flows.systems import OpenSystems
from hub.mapping.compile import load_mapping
from hub.privacy.erase import EraseTerms, erase
from hub.privacy.requests import Request
from hub.reads.privacy import privacy_receipts_of
from hub.records.identity import Entity, FlowName, SystemName
from hub.records.lanes import FlowCadence, LaneMode
from hub.records.source import JsonValue
from hub.records.states import ReceiptState
from hub.settings.flows import HUB, Flow, Lane
from hub.stewardship.acts import Act
from hub.stewardship.outlook import views_of
from hub.stewardship.split import split_off
from hub.store.engine import Database
from hub.work.decisions import Done
from tests.flows.building import RULES, declare_flow
from tests.stewardship.building import owner
from tests.tryton_ground import Ground

pytestmark = pytest.mark.slow
SYSTEMS = (SystemName("crm"), SystemName("lms"), SystemName("cm"))
MAPPING = load_mapping(Path(adapters.tryton.__file__).with_name("mappings") / "customer.yaml")
NAMES = {"crm": "J. de Vries", "lms": "Jan de Vries-Bakker", "cm": "Jan de Vries"}


@pytest.fixture(scope="module")
def packages(ground: Ground) -> Iterator[tuple[TrytonServer, dict[str, TrytonRpc]]]:
    """Three databases of one Tryton, with a second user's session in each."""
    databases = {f"person_{system}": EMPTY for system in SYSTEMS}
    with ExitStack() as stack:
        running = running_tryton(ground.home, ground.postgres, databases, fresh=True, name="person")
        server = stack.enter_context(running)
        yield server, {system: stack.enter_context(server.log_in(f"person_{system}")) for system in SYSTEMS}


def options(server: TrytonServer, system: str) -> TrytonOptions:
    return TrytonOptions.model_validate(
        {
            "url": server.url,
            "database": f"person_{system}",
            "user": server.user,
            "password": server.password,
            "horizon_s": 0,
        }
    )


@pytest.fixture
async def room(database: Database, packages: tuple[TrytonServer, dict[str, TrytonRpc]]) -> AsyncIterator[EngineRoom]:
    """The hub over all three, with a flow of customers from each and back to CRM and LMS."""
    server, _ = packages
    lane = Lane(cadence=FlowCadence.DAILY, mode=LaneMode.AUTHORITATIVE, sweep=True)
    flows = {}
    for system in SYSTEMS:
        await declare_flow(database, system)
        name = FlowName(f"{system}-customer")
        flows[name] = Flow(name, 2, "Customers", Entity.CUSTOMER, system, HUB, (lane,), ())
    async with database.transaction() as connection:
        for system in SYSTEMS:
            await connection.execute(
                text("INSERT INTO connected_system (name, adapter, roles) VALUES (:s, 'tryton', '{CRM}')"),
                {"s": system},
            )
        for system in SYSTEMS[:2]:
            await connection.execute(
                text(
                    """INSERT INTO information_flow (name, business_flow, title, entity, source, target)
                       VALUES (:flow, 8, 'Back', 'customer', 'hub', :s)"""
                ),
                {"flow": f"to-{system}", "s": system},
            )
            await connection.execute(
                text("INSERT INTO lane (flow, cadence, mode) VALUES (:flow, 'WEEKLY', 'AUTHORITATIVE')"),
                {"flow": f"to-{system}"},
            )
    ports = {system: TrytonPort(system, options(server, system)) for system in SYSTEMS}
    systems = OpenSystems({system: (lambda port=port: port) for system, port in ports.items()})  # type: ignore[misc]
    mappings = {(system, Entity.CUSTOMER): MAPPING for system in SYSTEMS}
    room = EngineRoom(database, systems, flows, mappings, RULES.recognition, RULES.keys, utc_now)
    yield room
    await systems.aclose()


async def pulled(room: EngineRoom) -> list[int]:
    """A full run of every lane, as if it were the first; how many erased records came along in each."""
    erased = []
    async with room.database.transaction() as connection:
        await connection.execute(text("DELETE FROM lane_cursor"))
    for system in SYSTEMS:
        async with room.database.transaction() as connection:
            run: UUID = await connection.scalar(
                text(
                    """INSERT INTO flow_run (id, lane_id, epoch, scheduled_for, state, created_at)
                       SELECT gen_random_uuid(), l.id, 1, clock_timestamp(), 'QUEUED', clock_timestamp()
                       FROM lane l WHERE l.flow = :flow RETURNING id"""
                ),
                {"flow": f"{system}-customer"},
            )
        erased.append((await run_lane(room, run))["erased"])
    return erased


def made(rpc: TrytonRpc, name: str) -> str:
    medium = {"type": "email", "value": "jan.devries@example.org"}
    rows = [{"name": name, "contact_mechanisms": create_children(medium)}]
    return str(cast("list[int]", rpc.call("party.party.create", rows))[0])


async def test_one_person_in_three_packages_is_seen_split_and_erased_for_good(
    room: EngineRoom, database: Database, packages: tuple[TrytonServer, dict[str, TrytonRpc]]
) -> None:
    _, rpc = packages
    ids: dict[str, str] = {str(system): made(rpc[system], NAMES[system]) for system in SYSTEMS}
    # He works for the company that has this CRM, so Tryton cannot delete him there.
    (company,) = rpc["crm"].search_read("company.company", [], ["id"])
    rpc["crm"].call("company.employee.create", [{"party": int(ids["crm"]), "company": cast("int", company["id"])}])
    await pulled(room)
    jan = await owner(database, "crm", ids["crm"])
    assert [await owner(database, system, ids[system]) for system in SYSTEMS] == [jan] * 3
    async with database.reading() as connection:
        view = (await views_of(connection, [jan]))[jan]
    assert {field.field: (field.value, field.system) for field in view.fields}["name"] == (NAMES["crm"], "crm")
    assert view.contact_media == ("jan.devries@example.org",)
    assert view.records == tuple(sorted(ids.items()))

    async with database.transaction() as connection:
        act = Act(StewardActKind.SPLIT, "steward", "father and son", utc_now())
        await split_off(connection, jan, [Node("cm", ids["cm"])], act, RULES.recognition)
    await pulled(room)
    assert await owner(database, "lms", ids["lms"]) == jan
    assert await owner(database, "cm", ids["cm"]) != jan

    async with database.transaction() as connection:
        asked = Request("steward", "his letter", utc_now())
        done = await erase(connection, jan, EraseTerms(RULES.keys, "NL", {}), asked)
    for receipt in done.receipts:
        assert receipt.command_id is not None
        assert await send_command(room, receipt.command_id) == Done()
    async with database.reading() as connection:
        receipts = (await privacy_receipts_of(connection, [done.request_id]))[done.request_id]
    assert [(one.system, one.state) for one in receipts] == [("crm", ReceiptState.DONE), ("lms", ReceiptState.DONE)]
    chosen: list[JsonValue] = [["id", "=", int(ids["crm"])], ["active", "=", False]]
    assert [row["name"] for row in rpc["crm"].search_read("party.party", chosen, ["name"])] == [None]
    assert rpc["lms"].search_read("party.party", [["id", "=", int(ids["lms"])]], ["name"]) == []

    # What Tryton emptied still comes with the pull, and with the sweep that misses it here.
    assert await pulled(room) == [2, 0, 0]
    async with database.reading() as connection:
        left = await connection.execute(text("SELECT system, external_id FROM source_record WHERE entity = 'customer'"))
        records = {(row.system, row.external_id) for row in left}
    assert not records & {("crm", ids["crm"]), ("lms", ids["lms"])}
    assert ("cm", ids["cm"]) in records
