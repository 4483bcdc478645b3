"""A flow with a daily and a real-time lane over the fake package, its work done by the real table, handlers and rows.

What a comparison shows is given by hand unless a test asks for the real one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from adapters.memory.port import MemoryPort
from adapters.memory.store import MemoryStore
from hub.errors import Transient
from hub.flows.declare import declare_flows
from hub.flows.engine_room import EngineRoom
from hub.flows.handlers import EngineHandlers
from hub.flows.schedules import declare_schedules
from hub.flows.start_run import start_run
from hub.flows.systems import OpenSystems
from hub.migration.comparing import MigrationRoom, compare_outbound
from hub.migration.comparison import Comparison, Difference, Freshness, Window
from hub.migration.cut_over import cut_over
from hub.migration.decide import approve
from hub.migration.desk import Desk
from hub.migration.facts import gates_of
from hub.migration.gates import GateResult
from hub.migration.handlers import MigrationHandlers
from hub.migration.parity import compare as parity
from hub.migration.plan import plan
from hub.migration.start import start
from hub.migration.stored import Migration, latest
from hub.migration.work import watch
from hub.records.identity import Entity, FlowName, SystemName
from hub.records.lanes import FlowCadence, LaneMode
from hub.records.migration import DifferenceKind, MigrationState, Verdict
from hub.records.source import JsonObject
from hub.settings.flows import HUB, Flow, Lane
from hub.settings.migrations import MigrationRules
from hub.settings.systems import Limits
from hub.store.engine import Database
from hub.work.claim import claim_ready, claim_sent
from hub.work.conclude import conclude
from hub.work.decisions import RetryAt, decide
from hub.work.tables import Queue
from hub.work.work import Handlers, Work
from tests.flows.building import RULES
from tests.flows.engine import MAPPING

CRM, FLOW = SystemName("crm"), FlowName("crm-customers")
DAILY, REAL_TIME = FlowCadence.DAILY, FlowCadence.REAL_TIME
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
WRONG = Difference("7", DifferenceKind.VALUE, Verdict.CANDIDATE_WRONG, ("contact_media.value",))


def body(name: str, email: str = "a@example.com") -> JsonObject:
    return {"name": name, "contact_media": [{"external_id": "m1", "kind": "EMAIL", "value": email}]}


def shown(window: Window, differences: Sequence[Difference] = ()) -> Comparison:
    """A comparison of 100 objects with these differences."""
    counts: dict[tuple[DifferenceKind, Verdict | None], int] = {}
    for difference in differences:
        key = difference.kind, difference.verdict
        counts[key] = counts.get(key, 0) + 1
    return Comparison(window, 100, counts, tuple(differences), Freshness(4, 3600.0, 80_000.0), lag_p95_s=5.0)


@dataclass
class Steered:
    """The hub of a test. `found`: the differences of the comparisons to come, one list a window; clean when empty.

    `for_real` asks the real parity instead.
    """

    database: Database
    store: MemoryStore
    rules: MigrationRules = field(default_factory=lambda: MigrationRules(clean_windows=2, clean_audits=2))
    found: list[list[Difference]] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    now: datetime = START
    for_real: bool = False
    prerequisites: tuple[FlowName, ...] = ()

    def __post_init__(self) -> None:
        flow = self.flow()
        systems = OpenSystems({CRM: lambda: MemoryPort(CRM, self.store)})
        self.engine = EngineRoom(
            database=self.database,
            systems=systems,
            flows={FLOW: flow},
            mappings={(CRM, Entity.CUSTOMER): MAPPING},
            recognition=RULES.recognition,
            keys=RULES.keys,
            clock=lambda: self.now,
        )
        self.desk = Desk(
            {FLOW: flow}, {CRM: Limits(requests_per_minute=600)}, lambda s, e: systems.port(s).capabilities[e]
        )
        compared = parity if self.for_real else self.compare
        self.room = MigrationRoom(self.engine, self.desk, compared, compare_outbound)

    def flow(self) -> Flow:
        """As hub.yaml would have it."""
        lanes = (
            Lane(cadence=DAILY, mode=LaneMode.AUTHORITATIVE, cron="0 3 * * *", overlap_s=60, sweep=True),
            Lane(cadence=REAL_TIME, mode=LaneMode.STANDBY, cron="*/5 * * * * *", overlap_s=60, sweep=True),
        )
        return Flow(FLOW, 2, "Customers", Entity.CUSTOMER, CRM, HUB, lanes, self.prerequisites, self.rules)

    async def compare(
        self, room: EngineRoom, flow: str, incumbent: int, candidate: int, window: Window, ignore: Collection[str], /
    ) -> Comparison:
        self.windows.append(window)
        return shown(window, self.found.pop(0) if self.found else ())

    @property
    def handlers(self) -> Handlers:
        return {**EngineHandlers(self.engine).registered(), **MigrationHandlers(self.room).registered()}

    async def declare(self) -> None:
        """The rows that hub.yaml would make, and a first run of the daily lane."""
        async with self.database.transaction() as connection:
            await connection.execute(
                text("INSERT INTO connected_system (name, adapter, roles) VALUES ('crm', 'memory', '{CRM}')")
            )
            await declare_flows(connection, [self.desk.flow(FLOW)], [])
            await declare_schedules(connection, [self.desk.flow(FLOW)], self.now)
        await self.run(self.flow().authoritative.cadence)

    def pass_time(self, by: timedelta) -> None:
        """On both clocks."""
        self.now += by
        self.store.advance(by)

    async def queue(self, cadence: FlowCadence) -> UUID:
        """A run of that lane, queued as its schedule does."""
        async with self.database.transaction() as connection:
            return await start_run(connection, FLOW, self.now, None, cadence)

    async def run(self, cadence: FlowCadence, *but: Queue) -> None:
        """A run of that lane a minute later, and all that follows from it where somebody works."""
        self.pass_time(timedelta(minutes=1))
        await self.queue(cadence)
        await self.work_off(*but)

    async def work_off(self, *but: Queue) -> list[str]:
        """Do what is ready, in the table's order, until nothing is; tells the kinds. Nobody works on queue `but`."""
        done: list[str] = []
        while True:
            async with self.database.transaction() as connection:
                room = {queue: 1 for queue in Queue if queue not in but}
                ready = await claim_ready(connection, "test", room, self.now)
            if not ready:
                return done
            for _, row_id, _ in ready:
                async with self.database.transaction() as connection:
                    work = await claim_sent(connection, row_id, "test", self.handlers, self.now)
                if work is not None:
                    done.append(work.kind)
                    await self._do(work)

    async def _do(self, work: Work) -> None:
        try:
            decision = await self.handlers[work.kind].handler(work)
        except Transient as error:
            decision = decide(error, work.attempts, self.now)
            if isinstance(decision, RetryAt):
                self.pass_time(decision.at - self.now)
        async with self.database.transaction() as connection:
            await conclude(connection, self.handlers, [(work, decision)], self.now)

    async def window(self) -> None:
        """The daily lane runs, then the real-time one passes it and the window is compared."""
        await self.run(self.flow().authoritative.cadence)
        await self.run(REAL_TIME)

    async def look(self) -> None:
        """What the schedule does every minute."""
        async with self.database.transaction() as connection:
            await watch(connection, self.now, 10)
        await self.work_off()

    async def migration(self) -> Migration:
        async with self.database.reading() as connection:
            return await latest(connection, FLOW)

    async def state(self) -> MigrationState:
        return (await self.migration()).state

    async def gates(self) -> list[GateResult]:
        async with self.database.reading() as connection:
            return await gates_of(connection, self.desk, await latest(connection, FLOW), self.now)

    async def plan(self) -> None:
        async with self.database.transaction() as connection:
            await plan(connection, self.desk, FLOW, REAL_TIME, "anna", self.now)

    async def start(self) -> None:
        async with self.database.transaction() as connection:
            await start(connection, self.desk, FLOW, "anna", self.now)

    async def approve(self, by: str = "ben", digest: str | None = None) -> None:
        shown_digest = digest or (await self.migration()).evidence_digest.hex()
        async with self.database.transaction() as connection:
            await approve(connection, self.desk, FLOW, shown_digest, by, self.now)

    async def cut_over(self) -> None:
        async with self.database.transaction() as connection:
            await cut_over(connection, self.desk, FLOW, "ben", self.now)

    async def until(self, state: MigrationState) -> None:
        """Bring a fresh flow to this state by the steps a person and the lanes take."""
        await self.plan()
        if state is MigrationState.PREFLIGHT:
            return
        await self.start()
        if state is MigrationState.SEEDING:
            return
        await self.work_off()
        if state is MigrationState.SHADOW:
            return
        for _ in range(self.rules.clean_windows):
            await self.window()
        if state is MigrationState.GATED:
            return
        await self.approve()
        if state is MigrationState.APPROVED:
            return
        await self.cut_over()
        if state is MigrationState.CUTTING_OVER:
            return
        await self.work_off()

    async def modes(self) -> dict[str, str]:
        """Of the lanes by cadence."""
        rows = await self.rows("SELECT cadence, mode FROM lane ORDER BY id")
        return {str(cadence): str(mode) for cadence, mode in rows}

    async def rows(self, statement: str) -> list[tuple[object, ...]]:
        """What a statement finds."""
        async with self.database.reading() as connection:
            return [tuple(row) for row in await connection.execute(text(statement))]

    async def names(self) -> list[str]:
        """Of living customers in the golden record."""
        return [str(name) for (name,) in await self.rows("SELECT name FROM customer WHERE NOT deleted ORDER BY name")]


async def steered(database: Database, customers: int = 3, **given: object) -> Steered:
    """A declared flow over that many customers."""
    store = MemoryStore(START)
    for number in range(1, customers + 1):
        store.put(Entity.CUSTOMER, str(number), body(f"Customer {number}", f"c{number}@example.com"))
    hub = Steered(database, store, **given)  # type: ignore[arg-type]  # fields of the class
    await hub.declare()
    return hub
