"""The law of convergence: any interleaving of batch pages, files, webhooks, repeats, cut-overs and erasures ends in the
golden state of a hub that heard of every change at once. `HUB_TEST_LAW` sets the number of examples."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from adapters.memory.port import MemoryPort
from adapters.memory.store import MemoryStore
from adapters.memory.webhooks import MemoryWebhooks, event_of
from hub.errors import Conflict, Invalid, NotFound
from hub.exchange.inbox import Inbox, PushedEvent
from hub.privacy.erase import EraseTerms, erase
from hub.privacy.requests import Request
from hub.records.identity import FlowName
from hub.records.lanes import RUNNING_MODES, FlowCadence, LaneMode
from hub.settings.flows import HUB, Flow, Lane
from hub.settings.migrations import MigrationRules
from hub.store.engine import Database
from tests.flows.engine import CRM, MAPPING
from tests.flows.roads import CUSTOMER, EXPORT, ExportPort
from tests.flows.test_run_lane import body
from tests.migration.end_to_end.timed_hub import Ports, TimedHub
from tests.webhooks.calls import SECRET

EXAMPLES: Final = int(os.environ.get("HUB_TEST_LAW", "10"))
WEEKLY, DAILY, REAL_TIME = FlowCadence.WEEKLY, FlowCadence.DAILY, FlowCadence.REAL_TIME
OBJECTS = ("1", "2", "3")
MAPPINGS = {CUSTOMER: MAPPING}
ANYTHING = MigrationRules(
    clean_windows=1, clean_audits=1, unexplained_max=100, key_fields=(), lag_p95_slo_s=1e9, drift_max=100
)
"""The gates judge what the roads bring; the law holds whatever they bring."""

LANES = (
    Lane(cadence=WEEKLY, mode=LaneMode.AUTHORITATIVE, via=EXPORT, max_delete_share=1, page_size=2),
    Lane(cadence=DAILY, mode=LaneMode.STANDBY, sweep=True, max_delete_share=1, page_size=2),
    Lane(cadence=REAL_TIME, mode=LaneMode.STANDBY, sweep=True, max_delete_share=1),
)
PUSHED = (Lane(cadence=REAL_TIME, mode=LaneMode.AUTHORITATIVE, sweep=True, max_delete_share=1),)

Step = tuple[Any, ...]
changes = st.tuples(st.just("change"), st.sampled_from(OBJECTS), st.sampled_from("ABC"))
between_pages = st.one_of(
    changes,
    st.tuples(st.just("delete"), st.sampled_from(OBJECTS)),
    st.tuples(st.just("event"), st.sampled_from("0123456789")),
    st.tuples(st.just("switch")),
    st.tuples(st.just("erase"), st.sampled_from(OBJECTS)),
)
runs = st.tuples(st.just("run"), st.sampled_from((WEEKLY, DAILY)), st.lists(between_pages, max_size=3))
steps = st.one_of(
    changes,
    changes,
    st.tuples(st.just("delete"), st.sampled_from(OBJECTS)),
    st.tuples(st.just("event"), st.sampled_from("0123456789")),
    st.tuples(st.just("file")),
    runs,
    runs,
    st.tuples(st.just("migrate"), st.sampled_from((DAILY, REAL_TIME))),
    st.tuples(st.just("cut over")),
    st.tuples(st.just("cut over")),
    st.tuples(st.just("roll back")),
    st.tuples(st.just("erase"), st.sampled_from(OBJECTS)),
)
some = st.lists(steps, min_size=1, max_size=6)
histories = st.builds(
    lambda before, to, beside, after: [*before, ("migrate", to), *beside, ("cut over",), *after],
    some,
    st.sampled_from((DAILY, REAL_TIME)),
    some,
    some,
)
"""At least one cut-over somewhere, which chance alone would seldom bring about."""


@dataclass
class World:
    """A source, the hub, and the events that the source has told of so far."""

    hub: TimedHub
    store: MemoryStore
    export: ExportPort
    events: list[bytes] = field(default_factory=list)
    erased: set[str] = field(default_factory=set)
    cut_overs: int = 0
    roll_backs: int = 0

    async def do(self, step: Step) -> None:
        """One step; one that is not allowed now does nothing."""
        self.store.advance(timedelta(minutes=7))
        match step:
            case ("change", external_id, name):
                self.store.put(CUSTOMER, external_id, body(name, f"c{external_id}@example.com"))
                self._tell(external_id)
            case ("delete", external_id) if int(external_id) in self.store.objects(CUSTOMER):
                self.store.remove(CUSTOMER, external_id)
                self._tell(external_id)
            case ("event", place) if self.events:
                await self.hear(int(place) % len(self.events))
            case ("file",):
                self.export.deliver(timedelta(minutes=2))
            case ("run", cadence, between):
                await self.run(cadence, between)
            case ("switch",):
                await self.switch()
            case ("migrate", cadence):
                with suppress(Conflict, Invalid, NotFound):
                    await self.hub.plan(FlowCadence(cadence))
            case ("cut over",):
                await self.cut_over()
            case ("roll back",):
                with suppress(Conflict, Invalid, NotFound):
                    await self.hub.roll_back()
                    self.roll_backs += 1
            case ("erase", external_id):
                await self.erase(external_id)

    def _tell(self, external_id: str) -> None:
        self.events.append(event_of(self.store, CUSTOMER, external_id))

    async def hear(self, place: int) -> None:
        """The event comes by webhook: stored under its id, unless it came before, and taken in by a worker."""
        inbox = Inbox(self.hub.database, self.hub.engine.keys, self.hub.clock)
        await inbox.take(PushedEvent(CRM, f"event-{place}", {}, self.events[place], "customer"))
        await self.hub.work_off()

    async def run(self, cadence: FlowCadence, between: Sequence[Step] = ()) -> None:
        """Unless the lane rests. Between its pages other things happen; a cut-over there refuses those that follow."""
        self.hub.meanwhile.extend(partial(self.do, step) for step in between)
        if (await self.hub.modes())[cadence] in RUNNING_MODES:
            state, code, message = await self.hub.ran(cadence)
            assert state == "COMPLETED" or code == "STALE_EPOCH", (state, code, message)
        while self.hub.meanwhile:
            await self.hub.meanwhile.popleft()()

    async def switch(self) -> None:
        """The cut-over's own transaction, when the gates are met; what it orders follows in its time."""
        with suppress(Conflict, Invalid, NotFound):
            await self.hub.approve()
            await self.hub.cut_over()
            self.cut_overs += 1

    async def cut_over(self) -> None:
        """When the gates are met, which one window is enough for."""
        if LaneMode.SHADOW not in (await self.hub.modes()).values():
            return
        for _ in range(2):
            self.export.deliver(timedelta(minutes=2))
            self.store.advance(timedelta(minutes=5))
            for cadence in (WEEKLY, DAILY):
                await self.run(cadence)
        await self.switch()
        await self.hub.work_off()

    async def erase(self, external_id: str) -> None:
        """For good, where the hub knows such a customer by now: the source has him still and goes on telling of him."""
        rows = await self.hub.rows(f"SELECT customer_id FROM customer_identifier WHERE external_id = '{external_id}'")
        for (customer,) in rows:
            async with self.hub.database.transaction() as connection:
                terms, asked = EraseTerms(self.hub.engine.keys, "NL", {}), Request("steward", None, self.store.clock)
                await erase(connection, UUID(str(customer)), terms, asked)
            self.erased.add(external_id)

    async def come_to_rest(self) -> None:
        """The last events arrive, the newest first, and the lanes run that are no real-time ones: these get no help."""
        for place in reversed(range(len(self.events))):
            await self.hear(place)
        self.store.advance(timedelta(hours=1))
        self.export.deliver()
        self.store.advance(timedelta(hours=1))
        for cadence in (WEEKLY, DAILY):
            await self.run(cadence)


async def world(database: Database, lanes: Sequence[Lane]) -> World:
    async with database.transaction() as connection:
        assert await connection.scalar(text("SELECT pristine.reset()"))
    store = MemoryStore()
    for external_id in OBJECTS[:2]:
        store.put(CUSTOMER, external_id, body("A", f"c{external_id}@example.com"))
    export = ExportPort(store)

    async def wait(by: timedelta) -> None:
        store.advance(by)

    flow = Flow(FlowName("customers"), 2, "Customers", CUSTOMER, CRM, HUB, tuple(lanes), (), ANYTHING)
    ports: Ports = {CRM: lambda: MemoryPort(CRM, store), EXPORT: lambda: export}
    webhooks = {CRM: MemoryWebhooks([SECRET], [CUSTOMER])}
    hub = TimedHub(database, ports, [flow], MAPPINGS, lambda: store.clock, wait, webhooks)
    await hub.declare()
    found = World(hub, store, export)
    export.deliver()
    store.advance(timedelta(minutes=1))
    await hub.run(lanes[0].cadence)
    return found


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories)
async def test_any_history_of_roads_and_cut_overs_ends_in_the_state_of_real_time(
    database: Database, history: list[Step]
) -> None:
    told = await world(database, LANES)
    for step in history:
        await told.do(step)
    await told.come_to_rest()
    ended = await told.hub.golden()
    event(f"{told.cut_overs} cut-overs")
    event(f"{told.roll_backs} rollbacks")
    event(f"{len(told.erased)} people erased")
    at_once = await world(database, PUSHED)
    for step in history:
        heard = len(at_once.events)
        for change in (step, *(step[2] if step[0] == "run" else ())):
            if change[0] in ("change", "delete"):
                await at_once.do(change)
        for place in range(heard, len(at_once.events)):
            await at_once.hear(place)
    for external_id in told.erased:
        await at_once.erase(external_id)
    assert ended == await at_once.hub.golden()
