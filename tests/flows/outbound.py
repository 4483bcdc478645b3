"""An outbound flow to the fake package, its lanes, and wants as a business room writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from adapters.memory.port import MemoryPort
from adapters.memory.store import MemoryStore
from hub.errors import HubError
from hub.exchange.want import Target, want_update
from hub.flows.engine_room import EngineRoom
from hub.flows.hand_over import hand_over
from hub.flows.handlers import EngineHandlers
from hub.flows.start_run import start_run
from hub.flows.systems import OpenSystems
from hub.ports.capabilities import Capabilities
from hub.ports.system import SystemPort
from hub.ports.writing import FieldChange, WriteCommand, WriteOutcome
from hub.records.identity import Entity, ExternalId, FlowName
from hub.records.lanes import FlowCadence, LaneMode
from hub.settings.flows import HUB, Flow, Lane
from hub.store.engine import Database
from hub.work.claim import claim_ready, claim_sent
from hub.work.conclude import conclude
from hub.work.decisions import Decision, Park, decide
from hub.work.tables import Queue
from hub.work.work import Handlers, Work
from tests.flows.building import RULES, at
from tests.flows.engine import CRM, MAPPING

OUT = FlowName("contact-corrections")
NAME = ("name",)


async def declare_outbound(database: Database, lanes: dict[FlowCadence, LaneMode]) -> dict[FlowCadence, int]:
    """The flow of corrections to the CRM; ids of its lanes."""
    async with database.transaction() as connection:
        await connection.execute(
            text(
                """INSERT INTO information_flow (name, business_flow, title, entity, source, target)
                   VALUES (:flow, 8, 'Corrections', 'customer', 'hub', 'crm')"""
            ),
            {"flow": OUT},
        )
        ids: dict[FlowCadence, int] = {}
        for cadence, mode in lanes.items():
            ids[cadence] = await connection.scalar(
                text("INSERT INTO lane (flow, cadence, mode) VALUES (:flow, :cadence, :mode) RETURNING id"),
                {"flow": OUT, "cadence": cadence.value, "mode": mode.value},
            )
        return ids


async def renamed(
    database: Database, external_id: str, old: str, new: str, when: datetime | None = None
) -> UUID | None:
    """A customer of the CRM is to be called otherwise."""
    target = Target("crm", Entity.CUSTOMER, ExternalId(external_id), f"customer-{external_id}")
    async with database.transaction() as connection:
        return await want_update(connection, target, [FieldChange(NAME, old, new)], when or at(0))


async def commands(database: Database) -> Sequence[Row[Any]]:
    """Every command by object and version."""
    async with database.reading() as connection:
        return (
            await connection.execute(
                text("SELECT * FROM outbound_command ORDER BY object_id, version, from_version DESC")
            )
        ).all()


class WatchedPort(MemoryPort):
    """The fake package, with a diary of what its callers did: how many commands at once, and which took effect."""

    def __init__(self, store: MemoryStore, hub_key: bool = True) -> None:
        super().__init__(CRM, store)
        can = replace(self.capabilities[Entity.CUSTOMER], hub_key=hub_key)
        self.capabilities: Mapping[Entity, Capabilities] = {Entity.CUSTOMER: can}
        self.batches: list[int] = []
        self.effects: list[str] = []
        self._watched = store

    async def write(self, commands: Sequence[WriteCommand]) -> Sequence[WriteOutcome]:
        outcomes: list[WriteOutcome] = []
        for command in commands:
            before = self._held()
            outcomes += await super().write([command])
            if self._held() != before:
                self.effects.append(command.key)
        self.batches.append(len(commands))
        return outcomes

    def _held(self) -> dict[int, object]:
        return {number: dict(stored.body) for number, stored in self._watched.objects(Entity.CUSTOMER).items()}


def outbound_room(
    database: Database, port: SystemPort, lanes: Mapping[FlowCadence, LaneMode], page_size: int = 500
) -> EngineRoom:
    """The engine with the flow of corrections to one system."""
    roads = tuple(
        Lane(cadence=cadence, mode=mode, cron="0 3 * * 1", page_size=page_size) for cadence, mode in lanes.items()
    )
    flow = Flow(OUT, 8, "Corrections", Entity.CUSTOMER, HUB, CRM, roads, ())
    return EngineRoom(
        database=database,
        systems=OpenSystems({CRM: lambda: port}),
        flows={OUT: flow},
        mappings={(CRM, Entity.CUSTOMER): MAPPING},
        recognition=RULES.recognition,
        keys=RULES.keys,
        clock=lambda: at(20_000),
    )


async def cut_over(database: Database, cadence: FlowCadence) -> None:
    """Give the lane authority, as the migration's transaction does."""
    async with database.transaction() as connection:
        await connection.execute(
            text("UPDATE information_flow SET epoch = epoch + 1 WHERE name = :flow"), {"flow": OUT}
        )
        for mode, condition in (("VERIFY", "cadence <> :cadence"), ("AUTHORITATIVE", "cadence = :cadence")):
            await connection.execute(
                text(f"UPDATE lane SET mode = '{mode}' WHERE flow = :flow AND {condition}"),
                {"flow": OUT, "cadence": cadence.value},
            )
        await hand_over(connection, OUT, at(20_000))


async def ordered_run(database: Database, number: int = 0) -> UUID:
    """A run of the authoritative lane as its schedule orders it."""
    async with database.transaction() as connection:
        return await start_run(connection, OUT, at(20_000), at(number))


async def work_off(room: EngineRoom, rows: int = 10_000) -> int:
    """Do ordered work as workers do it, one row at a time and without waiting for a retry's time; tells how many rows.

    Stops after `rows`, or when nothing is left that may run.
    """
    handlers = EngineHandlers(room).registered()
    now = room.clock() + timedelta(days=1)
    done = 0
    while done < rows:
        async with room.database.transaction() as connection:
            claimed = await claim_ready(connection, "test", dict.fromkeys(Queue, 1), now)
        if not claimed:
            return done
        for _, row_id, _ in claimed:
            async with room.database.transaction() as connection:
                work = await claim_sent(connection, row_id, "test", handlers, now)
            assert work is not None
            decision = await _decided(handlers, work, room.clock())
            async with room.database.transaction() as connection:
                await conclude(connection, handlers, [(work, decision)], now)
            done += 1
    return done


async def _decided(handlers: Handlers, work: Work, now: datetime) -> Decision:
    if work.kind not in handlers:
        return Park(f"no handler for {work.kind}")
    try:
        return await handlers[work.kind].handler(work)
    except HubError as error:
        return decide(error, work.attempts, now)
