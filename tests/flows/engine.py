"""An engine room over the fake package that ships with the product."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import text

from adapters.memory.port import MemoryPort
from adapters.memory.store import MemoryStore
from hub.customers.recognise import Rules
from hub.flows.engine_room import EngineRoom
from hub.flows.systems import OpenSystems
from hub.mapping.compile import load_mapping
from hub.records.identity import Entity, FlowName, SystemName
from hub.records.lanes import FlowCadence, LaneMode
from hub.settings.flows import HUB, Flow, Lane
from hub.store.engine import Database
from tests.flows.building import RULES, at, declare_flow

CRM = SystemName("crm")
FLOW = FlowName("crm-customer")
MAPPING = load_mapping(Path(__file__).with_name("customer.yaml"))


def room_over(database: Database, store: MemoryStore, page_size: int = 500) -> EngineRoom:
    lane = Lane(cadence=FlowCadence.DAILY, mode=LaneMode.AUTHORITATIVE, page_size=page_size, overlap_s=60, sweep=True)
    flow = Flow(FLOW, 2, "Customers", Entity.CUSTOMER, CRM, HUB, (lane,), ())
    return EngineRoom(
        database=database,
        systems=OpenSystems({CRM: lambda: MemoryPort(CRM, store)}),
        flows={FLOW: flow},
        mappings={(CRM, Entity.CUSTOMER): MAPPING},
        recognition=Rules(RULES.recognition.survivorship, "NL"),
        keys=RULES.keys,
        clock=lambda: at(20_000),
    )


async def declared(database: Database) -> None:
    """The rows that hub.yaml would make."""
    await declare_flow(database, CRM)
    async with database.transaction() as connection:
        await connection.execute(
            text("INSERT INTO connected_system (name, adapter, roles) VALUES ('crm', 'memory', '{CRM}')")
        )


async def queued_run(database: Database, scheduled_for: datetime | None = None) -> UUID:
    """A run as the schedule makes it."""
    run_id = uuid4()
    async with database.transaction() as connection:
        await connection.execute(
            text(
                """INSERT INTO flow_run (id, lane_id, epoch, scheduled_for, state, created_at)
                   SELECT :id, l.id, f.epoch, :at, 'QUEUED', :at
                   FROM lane l JOIN information_flow f ON f.name = l.flow WHERE f.source = 'crm'"""
            ),
            {"id": run_id, "at": scheduled_for or datetime.now().astimezone()},
        )
    return run_id


async def state_of(database: Database, run_id: UUID) -> str:
    async with database.reading() as connection:
        state: str = await connection.scalar(text("SELECT state FROM flow_run WHERE id = :id"), {"id": run_id})
    return state
