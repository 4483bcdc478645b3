"""A hub that lives on an injected clock: its rows, handlers and steps are the product's own, only the time is ours."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias

from sqlalchemy import text

from hub.clock import Clock
from hub.errors import Transient
from hub.flows.declare import declare_flows
from hub.flows.engine_room import EngineRoom
from hub.flows.handlers import EngineHandlers
from hub.flows.schedules import declare_schedules
from hub.flows.start_run import start_run
from hub.flows.systems import OpenSystems
from hub.mapping.record import RecordMapping
from hub.migration.comparing import MigrationRoom
from hub.migration.comparison import Comparison, Window
from hub.migration.cut_over import cut_over
from hub.migration.decide import approve
from hub.migration.desk import Desk
from hub.migration.effects import compare_effects
from hub.migration.facts import gates_of
from hub.migration.gates import GateResult
from hub.migration.handlers import MigrationHandlers
from hub.migration.parity import compare
from hub.migration.plan import plan
from hub.migration.roll_back import roll_back
from hub.migration.start import start
from hub.migration.stored import Migration, latest
from hub.migration.windows import window_facts
from hub.migration.work import watch
from hub.ports.system import SystemPort
from hub.ports.webhooks import Webhooks
from hub.records.identity import Entity, FlowName, SystemName
from hub.records.lanes import FlowCadence
from hub.records.migration import MigrationState
from hub.settings.flows import Flow
from hub.settings.systems import Limits
from hub.store.engine import Database
from hub.work.claim import claim_ready, claim_sent
from hub.work.conclude import conclude
from hub.work.decisions import Decision, RetryAt, decide
from hub.work.tables import Queue
from hub.work.work import Handlers, Work
from tests.flows.building import RULES

Ports: TypeAlias = Mapping[SystemName, Callable[[], SystemPort]]
"""How each system is opened."""

PLANNER, APPROVER = "anna", "ben"


async def _effects(
    room: EngineRoom, flow: str, incumbent: int, candidate: int, window: Window, _: Collection[str], /
) -> Comparison:
    async with room.database.reading() as connection:
        return await compare_effects(connection, flow, incumbent, candidate, window)


@dataclass
class TimedHub:
    """One hub. `flows[0]` is the one that migrates. `wait` lets time pass on the clock of the hub and its systems."""

    database: Database
    ports: Ports
    flows: Sequence[Flow]
    mappings: Mapping[Entity, RecordMapping]
    clock: Clock
    wait: Callable[[timedelta], Awaitable[None]]
    webhooks: Mapping[SystemName, Webhooks] = field(default_factory=dict)

    def __post_init__(self) -> None:
        flows = {flow.name: flow for flow in self.flows}
        systems = OpenSystems({str(name): opened for name, opened in self.ports.items()})
        self.engine = EngineRoom(
            database=self.database,
            systems=systems,
            flows=flows,
            mappings={(name, entity): mapping for name in self.ports for entity, mapping in self.mappings.items()},
            recognition=RULES.recognition,
            keys=RULES.keys,
            clock=self.clock,
            webhooks=self.webhooks,
        )
        limits = {str(name): Limits(requests_per_minute=600) for name in self.ports}
        self.desk = Desk(flows, limits, lambda system, entity: systems.port(system).capabilities[entity])
        room = MigrationRoom(self.engine, self.desk, compare, _effects)
        self.meanwhile: deque[Callable[[], Awaitable[None]]] = deque()
        """What happens next between two pages of a run, which is interrupted for it and then goes on."""
        engine = EngineHandlers(self.engine, lambda: bool(self.meanwhile))
        self.handlers: Handlers = {**engine.registered(), **MigrationHandlers(room).registered()}

    @property
    def name(self) -> FlowName:
        """Of the flow that migrates."""
        return self.flows[0].name

    async def declare(self) -> None:
        """The rows that hub.yaml would make."""
        async with self.database.transaction() as connection:
            for name in self.ports:
                await connection.execute(
                    text("INSERT INTO connected_system (name, adapter, roles) VALUES (:name, 'given', '{CRM}')"),
                    {"name": name},
                )
            await declare_flows(connection, self.flows, ())
            await declare_schedules(connection, self.flows, self.clock())

    async def run(self, cadence: FlowCadence, flow: FlowName | None = None) -> None:
        """A run of that lane as its schedule starts it, and all that follows from it; one that fails is an error."""
        assert await self.ran(cadence, flow) == ("COMPLETED", None, None)

    async def ran(self, cadence: FlowCadence, flow: FlowName | None = None) -> tuple[object, ...]:
        """The same; how it ended: state, code and message."""
        async with self.database.transaction() as connection:
            run_id = await start_run(connection, flow or self.name, self.clock(), None, cadence)
        await self.work_off()
        (ended,) = await self.rows(f"SELECT state, error_code, error_message FROM flow_run WHERE id = '{run_id}'")
        return ended

    async def work_off(self) -> list[str]:
        """Do what is ready, in the table's order, until nothing is; tells the kinds."""
        done: list[str] = []
        while True:
            async with self.database.transaction() as connection:
                ready = await claim_ready(connection, "test", dict.fromkeys(Queue, 1), self.clock())
            if not ready:
                return done
            for _, row_id, _ in ready:
                async with self.database.transaction() as connection:
                    work = await claim_sent(connection, row_id, "test", self.handlers, self.clock())
                if work is not None:
                    done.append(work.kind)
                    decision = await self._decided(work)
                    async with self.database.transaction() as connection:
                        await conclude(connection, self.handlers, [(work, decision)], self.clock())

    async def _decided(self, work: Work) -> Decision:
        try:
            return await self.handlers[work.kind].handler(work)
        except Transient as error:
            if self.meanwhile:
                await self.meanwhile.popleft()()
            decision = decide(error, work.attempts, self.clock())
            if isinstance(decision, RetryAt):
                await self.wait(decision.at - self.clock())
            return decision

    async def plan(self, to: FlowCadence) -> None:
        """And start it, as the same person, and let the candidate be seeded."""
        async with self.database.transaction() as connection:
            await plan(connection, self.desk, self.name, to, PLANNER, self.clock())
        async with self.database.transaction() as connection:
            await start(connection, self.desk, self.name, PLANNER, self.clock())
        await self.work_off()

    async def watch(self) -> None:
        """What the hub does every minute: look whether a window can be compared by now."""
        async with self.database.transaction() as connection:
            await watch(connection, self.clock(), limit=10)
        await self.work_off()

    async def median_gain(self) -> timedelta:
        """How much earlier the candidate had what changed, by the last window."""
        ((seconds,),) = await self.rows("SELECT freshness_median_s FROM parity_run ORDER BY number DESC LIMIT 1")
        return timedelta(seconds=float(str(seconds)))

    async def approve(self) -> None:
        """Over the evidence as it stands."""
        digest = (await self.migration()).evidence_digest.hex()
        async with self.database.transaction() as connection:
            await approve(connection, self.desk, self.name, digest, APPROVER, self.clock())

    async def cut_over(self) -> None:
        """The one short transaction; what it orders is left for `work_off`."""
        async with self.database.transaction() as connection:
            await cut_over(connection, self.desk, self.name, APPROVER, self.clock())

    async def roll_back(self) -> None:
        """By one step, and all that follows from it."""
        async with self.database.transaction() as connection:
            await roll_back(connection, self.desk, self.name, APPROVER, "to see that it can be done", self.clock())
        await self.work_off()

    async def migration(self) -> Migration:
        """The newest one of the flow."""
        async with self.database.reading() as connection:
            return await latest(connection, self.name)

    async def state(self) -> MigrationState:
        """Of the newest migration."""
        return (await self.migration()).state

    async def closed_gates(self) -> dict[str, GateResult]:
        """Those that keep the cut-over from happening, by name."""
        async with self.database.reading() as connection:
            gates = await gates_of(connection, self.desk, await latest(connection, self.name), self.clock())
        return {gate.name: gate for gate in gates if not gate.ok}

    async def modes(self) -> dict[str, str]:
        """Of the migrating flow's lanes, by cadence."""
        rows = await self.rows(f"SELECT cadence, mode FROM lane WHERE flow = '{self.name}'")
        return {str(cadence): str(mode) for cadence, mode in rows}

    async def windows(self) -> list[tuple[bool, bool, list[str]]]:
        """Of the newest migration, oldest first: audit or not, clean or not, what speaks against the candidate."""
        migration = (await self.migration()).id
        async with self.database.reading() as connection:
            facts = [(audit, await window_facts(connection, migration, audit=audit)) for audit in (False, True)]
        return [(audit, fact.clean, list(fact.against)) for audit, found in facts for fact in found]

    async def counts(self) -> list[tuple[object, ...]]:
        """Every class of difference that any comparison of the newest migration found: window, kind, verdict, count."""
        return await self.rows(
            f"""SELECT number, c ->> 'kind', c ->> 'verdict', (c ->> 'count')::int
                FROM parity_run, jsonb_array_elements(counts) AS c
                WHERE migration = '{(await self.migration()).id}' ORDER BY 1, 2, 3"""
        )

    async def rows(self, statement: str) -> list[tuple[object, ...]]:
        """What a statement finds."""
        async with self.database.reading() as connection:
            return [tuple(row) for row in await connection.execute(text(statement))]

    async def golden(self) -> list[tuple[object, ...]]:
        """Every living customer on business keys: links, values, ways to reach them and addresses.

        Without surrogate ids, versions, times of observation and ledgers, which tell of the road and not of the end.
        Nor are the dead told of: whom a weekly file never listed, nobody can have buried.
        """
        return await self.rows(
            """SELECT (SELECT array_agg(i.system || ':' || i.external_id ORDER BY 1) FROM customer_identifier i
                       WHERE i.customer_id = c.id) AS links,
                 c.name, c.kind, c.status, c.language, c.birth_date, c.customer_number,
                 ARRAY(SELECT row(m.system, m.external_id, m.child_id, m.kind, m.value, m.normalised, m.label,
                              m.preferred)::text
                       FROM contact_medium m WHERE m.customer_id = c.id ORDER BY 1) AS media,
                 ARRAY(SELECT row(a.system, a.external_id, a.child_id, a.street, a.postal_code, a.locality)::text
                       FROM postal_address a WHERE a.customer_id = c.id ORDER BY 1) AS addresses
               FROM customer c WHERE NOT c.deleted ORDER BY 1"""
        )

    async def leads(self) -> list[tuple[object, ...]]:
        """Every living lead on business keys, with the customer it belongs to by his."""
        return await self.rows(
            """SELECT l.system, l.external_id, l.name, l.state, l.state_reason, l.rating, l.priority, l.amount,
                 l.currency, l.probability, l.started_on, l.ended_on, l.lead_owner, i.external_id AS customer
               FROM sales_lead l
               LEFT JOIN customer_identifier i ON i.customer_id = l.customer_id AND i.system = l.system
               WHERE NOT l.deleted ORDER BY 1, 2"""
        )
