"""Two packages that put the hub's value back to their own each time: the hub stops, and a steward goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import pytest
from sqlalchemy import text

from adapters.memory.port import MemoryPort
from adapters.memory.store import MemoryStore
from hub.customers.recognise import Rules
from hub.customers.survive import FieldRule, FlipFlops, Survivorship
from hub.flows.engine_room import EngineRoom
from hub.flows.run_lane import run_lane
from hub.flows.send import send_command
from hub.flows.systems import OpenSystems
from hub.ports.writing import WriteCommand, WriteOutcome
from hub.records.enums import SurvivorshipRule
from hub.records.identity import Entity, FlowName, SystemName
from hub.records.lanes import FlowCadence, LaneMode
from hub.settings.flows import HUB, Flow, Lane
from hub.stewardship.resolve import Take, resolve_conflict, thaw_conflict
from hub.store.engine import Database
from tests.flows.building import RULES, at, declare_flow
from tests.flows.engine import MAPPING

pytestmark = pytest.mark.slow

NAMES: Final = {"crm": "Jan Smit", "lms": "SMIT, J."}
LIMITS: Final = FlipFlops(returns=3, within_h=1_000_000)


class Stubborn(MemoryPort):
    """A package whose own automation sets the name back a minute after somebody else wrote it."""

    def __init__(self, system: str, store: MemoryStore) -> None:
        super().__init__(SystemName(system), store)
        self.store, self.written = store, 0
        self.own: str | None = NAMES[system]

    async def write(self, commands: Sequence[WriteCommand]) -> Sequence[WriteOutcome]:
        outcomes = await super().write(commands)
        self.written += len(commands)
        for command in commands if self.own is not None else ():
            self.store.advance(timedelta(minutes=1))
            self.set_name(command.external_id or "", self.own or "")
        return outcomes

    def set_name(self, external_id: str, name: str) -> None:
        body = self.store.objects(Entity.CUSTOMER)[int(external_id)].body
        self.store.put(Entity.CUSTOMER, external_id, {**body, "name": name})


class Quarrel:
    """One customer in both packages, the newest name wins, and the hub writes it to the other one."""

    def __init__(self, database: Database, limits: FlipFlops | None = LIMITS) -> None:
        self.database = database
        self.ports = {system: Stubborn(system, MemoryStore()) for system in NAMES}
        outward = dict.fromkeys(NAMES, ("name",))
        newest = Survivorship(FieldRule(SurvivorshipRule.MOST_RECENT, tuple(NAMES)), {}, limits, outward)
        daily = Lane(cadence=FlowCadence.DAILY, mode=LaneMode.AUTHORITATIVE, cron="0 3 * * *", overlap_s=60)
        at_once = Lane(cadence=FlowCadence.REAL_TIME, mode=LaneMode.AUTHORITATIVE)
        into = {
            FlowName(f"{system}-customer"): Flow(
                FlowName(f"{system}-customer"), 2, "In", Entity.CUSTOMER, SystemName(system), HUB, (daily,), ()
            )
            for system in NAMES
        }
        out = {
            FlowName(f"to-{system}"): Flow(
                FlowName(f"to-{system}"), 8, "Out", Entity.CUSTOMER, HUB, SystemName(system), (at_once,), ()
            )
            for system in NAMES
        }
        self.room = EngineRoom(
            database=database,
            systems=OpenSystems({SystemName(system): self._opened(system) for system in NAMES}),
            flows=into | out,
            mappings={(SystemName(system), Entity.CUSTOMER): MAPPING for system in NAMES},
            recognition=Rules(newest, "NL"),
            keys=RULES.keys,
            clock=lambda: at(20_000),
        )

    def _opened(self, system: str) -> Callable[[], Stubborn]:
        return lambda: self.ports[system]

    async def begin(self) -> None:
        for system, port in self.ports.items():
            await declare_flow(self.database, system)
            async with self.database.transaction() as connection:
                await connection.execute(
                    text("INSERT INTO connected_system (name, adapter, roles) VALUES (:s, 'memory', '{CRM}')"),
                    {"s": system},
                )
                await connection.execute(
                    text(
                        """INSERT INTO information_flow (name, business_flow, title, entity, source, target)
                           VALUES (:flow, 8, 'Out', 'customer', 'hub', :s)"""
                    ),
                    {"flow": f"to-{system}", "s": system},
                )
                await connection.execute(
                    text("INSERT INTO lane (flow, cadence, mode) VALUES (:flow, 'REAL_TIME', 'AUTHORITATIVE')"),
                    {"flow": f"to-{system}"},
                )
            media = [{"external_id": "m1", "kind": "EMAIL", "value": "jan@example.com"}]
            port.store.put(Entity.CUSTOMER, "1", {"name": NAMES[system], "contact_media": media})

    async def turn(self) -> None:
        """Each package is pulled, and what is wanted then is sent."""
        for system, port in self.ports.items():
            for other in self.ports.values():
                other.store.advance(timedelta(minutes=2))
            await run_lane(self.room, await self._queued(system))
            for command in await self._open():
                await send_command(self.room, command)
            port.store.advance(timedelta(minutes=2))

    async def _queued(self, system: str) -> UUID:
        async with self.database.transaction() as connection:
            run: UUID = await connection.scalar(
                text(
                    """INSERT INTO flow_run (id, lane_id, epoch, scheduled_for, state, created_at)
                       SELECT gen_random_uuid(), l.id, f.epoch, clock_timestamp(), 'QUEUED', clock_timestamp()
                       FROM lane l JOIN information_flow f ON f.name = l.flow WHERE f.source = :system RETURNING id"""
                ),
                {"system": system},
            )
        return run

    async def _open(self) -> list[UUID]:
        async with self.database.reading() as connection:
            rows = await connection.execute(
                text("SELECT id FROM outbound_command WHERE state = 'PENDING' ORDER BY created_at, version")
            )
            return list(rows.scalars().all())

    def written(self) -> int:
        return sum(port.written for port in self.ports.values())

    async def stands(self) -> tuple[str, str]:
        """The golden name and the state of the conflict about it."""
        async with self.database.reading() as connection:
            row = (
                await connection.execute(
                    text("SELECT c.name, f.state FROM customer c JOIN field_conflict f ON f.customer_id = c.id")
                )
            ).one()
            return row.name, row.state

    async def conflict(self) -> UUID:
        async with self.database.reading() as connection:
            found: UUID = await connection.scalar(text("SELECT id FROM field_conflict"))
        return found


async def test_packages_that_take_what_they_are_told_end_equal_and_the_conflict_closes(database: Database) -> None:
    quarrel = Quarrel(database)
    for port in quarrel.ports.values():
        port.own = None
    await quarrel.begin()
    for _ in range(2):
        await quarrel.turn()
    written = quarrel.written()
    quarrel.ports["lms"].set_name("1", "Jan Smit-Bakker")
    for _ in range(2):
        await quarrel.turn()
    names = {port.store.objects(Entity.CUSTOMER)[1].body["name"] for port in quarrel.ports.values()}
    assert (names, await quarrel.stands()) == ({"Jan Smit-Bakker"}, ("Jan Smit-Bakker", "CLOSED"))
    assert (written, quarrel.written()) == (1, 2)


async def test_without_a_guard_they_would_go_on_for_ever(database: Database) -> None:
    quarrel = Quarrel(database, limits=None)
    await quarrel.begin()
    for _ in range(8):
        await quarrel.turn()
    assert quarrel.written() >= 8


async def test_a_quarrel_is_frozen_and_nothing_more_is_written(database: Database) -> None:
    quarrel = Quarrel(database)
    await quarrel.begin()
    for _ in range(6):
        await quarrel.turn()
    name, state = await quarrel.stands()
    written = quarrel.written()
    assert state == "FROZEN"
    assert written <= 2 * LIMITS.returns + 2
    quarrel.ports["lms"].set_name("1", "Smit Jan")
    for _ in range(3):
        await quarrel.turn()
    assert (quarrel.written(), await quarrel.stands()) == (written, (name, "FROZEN"))


async def test_a_steward_thaws_it_or_decides(database: Database) -> None:
    quarrel = Quarrel(database)
    await quarrel.begin()
    for _ in range(6):
        await quarrel.turn()
    written, conflict = quarrel.written(), await quarrel.conflict()
    async with database.transaction() as connection:
        await thaw_conflict(connection, conflict, "steward", quarrel.room.recognition, at(20_000))
    assert (await quarrel.stands())[1] == "OPEN"
    for port in quarrel.ports.values():
        port.own = "Jan Smit-Bakker"  # both packages' automations are mended
    async with database.transaction() as connection:
        take = Take(value="Jan Smit-Bakker")
        await resolve_conflict(connection, conflict, take, "steward", quarrel.room.recognition, at(20_000))
    for _ in range(2):
        await quarrel.turn()
    assert await quarrel.stands() == ("Jan Smit-Bakker", "CLOSED")
    assert quarrel.written() <= written + 4
