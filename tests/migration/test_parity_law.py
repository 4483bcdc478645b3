"""The law of parity: equal histories never speak against the candidate, and one fault always does, by its class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from adapters.memory.port import MemoryPort
from adapters.memory.store import MemoryStore
from hub.flows.engine_room import EngineRoom
from hub.flows.incoming import Incoming
from hub.flows.lane import LaneContext
from hub.flows.systems import OpenSystems
from hub.migration.comparison import Comparison, Window
from hub.migration.parity import compare
from hub.migration.parity.marks import Marks
from hub.migration.parity.sides import Side
from hub.ports.capabilities import Capabilities
from hub.records.customer import CustomerRecord
from hub.records.identity import SystemName
from hub.records.lanes import FlowCadence, LaneMode
from hub.records.migration import DifferenceKind, Verdict
from hub.store.engine import Database
from tests.flows.building import apply_page, at, content, declare_flow, page
from tests.flows.engine import MAPPING, room_over
from tests.flows.roads import CUSTOMER

LAST = 20
"""The window stands behind every event of a history, unless a test says otherwise."""


@dataclass(frozen=True)
class Event:
    """What the source said of an object at a minute; `name` None: it is gone. `stamp` None: the minute itself."""

    external_id: str
    minute: int
    name: str | None
    stamp: int | None = None

    def incoming(self) -> Incoming:
        """A page of this event alone."""
        if self.name is None:
            return page(gone={self.external_id: at(self.minute)})
        stamp = at(self.minute if self.stamp is None else self.stamp)
        return page(content(self.external_id, CustomerRecord(name=self.name), self.minute, stamp))


events = st.builds(
    Event,
    external_id=st.sampled_from(("1", "2", "3")),
    minute=st.integers(1, 8),
    name=st.sampled_from(("Jan", "Mia", "Piet", None)),
)


@dataclass(frozen=True)
class Lanes:
    """A lane that counts and a shadow, of a system that nobody else speaks of."""

    database: Database
    incumbent: LaneContext
    candidate: LaneContext

    async def tell(self, lane: LaneContext, told: Sequence[Event]) -> None:
        for event in told:
            await apply_page(self.database, lane, event.incoming())

    async def compared(
        self, store: MemoryStore | None, since: datetime, until: datetime, ignore: tuple[str, ...] = ()
    ) -> Comparison:
        """Refereed at `store`; nobody judges without one."""
        system = SystemName(self.incumbent.system)
        port = MemoryPort(system, store or MemoryStore())
        if store is None:
            port.capabilities = {CUSTOMER: Capabilities()}
        room: EngineRoom = replace(
            room_over(self.database, MemoryStore()),
            systems=OpenSystems({system: lambda: port}),
            mappings={(system, CUSTOMER): MAPPING},
        )
        return await compare(
            room, self.incumbent.flow, self.incumbent.lane_id, self.candidate.lane_id, Window(since, until), ignore
        )


async def lanes_over(database: Database, *, live: bool = False) -> Lanes:
    """New ones: to empty a database between examples takes longer than an example.

    The incumbent counts and the candidate is a shadow; or, as behind a cut-over, the candidate is `live` and the
    incumbent audits it.
    """
    incumbent = await declare_flow(database, f"crm-{uuid4()}")
    async with database.transaction() as connection:
        lane_id: int = await connection.scalar(
            text("INSERT INTO lane (flow, cadence, mode) VALUES (:flow, 'REAL_TIME', 'SHADOW') RETURNING id"),
            {"flow": incumbent.flow},
        )
    candidate = replace(incumbent, lane_id=lane_id, mode=LaneMode.SHADOW, cadence=FlowCadence.REAL_TIME)
    if live:
        incumbent, candidate = replace(incumbent, mode=LaneMode.VERIFY), replace(candidate, mode=LaneMode.AUTHORITATIVE)
        async with database.transaction() as connection:
            for lane in (incumbent, candidate):
                await connection.execute(
                    text("UPDATE lane SET mode = :mode WHERE id = :lane"), {"mode": lane.mode, "lane": lane.lane_id}
                )
    return Lanes(database, incumbent, candidate)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(events, min_size=1, max_size=8), window=st.integers(0, LAST), data=st.data())
async def test_one_history_in_any_order_speaks_against_nobody(
    database: Database, history: list[Event], window: int, data: st.DataObject
) -> None:
    lanes = await lanes_over(database)
    await lanes.tell(lanes.incumbent, history)
    repeated = history + data.draw(st.lists(st.sampled_from(history), max_size=3))
    await lanes.tell(lanes.candidate, data.draw(st.permutations(repeated)))
    comparison = await lanes.compared(None, at(window), at(window))
    assert comparison.unexplained == 0
    assert (await lanes.compared(None, at(LAST), at(LAST))).counts == {}


@st.composite
def lives(draw: st.DrawFn) -> list[Event]:
    """A history in which each of some objects is made, changes at least once, and may be deleted at last."""
    told = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        changes = draw(st.integers(2, 4))
        told += [Event(str(number), minute, f"{number} at {minute}") for minute in range(1, changes + 1)]
        if draw(st.booleans()):
            told.append(Event(str(number), changes + 1, None))
    return told


def _last(told: Sequence[Event]) -> Event:
    """The last word on object 1."""
    return max((event for event in told if event.external_id == "1"), key=lambda event: event.minute)


def faulty(told: Sequence[Event], kind: DifferenceKind) -> list[Event]:
    """The history as a candidate with one fault of this kind over object 1 hears it."""
    last = _last(told)
    match kind:
        case DifferenceKind.MISSING:
            return [event for event in told if event.external_id != "1"]
        case DifferenceKind.EXTRA:
            return [*told, Event("99", 1, "Nobody")]
        case DifferenceKind.STALE | DifferenceKind.DELETE:
            return [event for event in told if event != last]
        case DifferenceKind.VALUE:
            return [replace(event, name="Misread") if event == last else event for event in told]
        case DifferenceKind.ORDER:
            return [*told, Event("1", last.minute + 1, "1 at 1", stamp=1)]
        case _:
            raise AssertionError(kind)


def truth(told: Sequence[Event]) -> MemoryStore:
    """The source after the history."""
    store = MemoryStore(at(LAST))
    for external_id in {event.external_id for event in told}:
        last = max((event for event in told if event.external_id == external_id), key=lambda event: event.minute)
        if last.name is not None:
            store.put(CUSTOMER, external_id, {"name": last.name}, stamp=at(last.minute))
    return store


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    told=lives(),
    kind=st.sampled_from([k for k in DifferenceKind if k not in (DifferenceKind.LATE, DifferenceKind.DOUBLED)]),
    live=st.booleans(),
    ignore=st.sampled_from(((), ("language",))),
)
async def test_a_single_fault_is_found_with_its_class(
    database: Database, told: list[Event], kind: DifferenceKind, live: bool, ignore: tuple[str, ...]
) -> None:
    if (_last(told).name is None) != (kind is DifferenceKind.DELETE) and kind is not DifferenceKind.EXTRA:
        told = _with_last_word(told, deleted=kind is DifferenceKind.DELETE)
    lanes = await lanes_over(database, live=live)
    await lanes.tell(lanes.incumbent, told)
    await lanes.tell(lanes.candidate, faulty(told, kind))
    comparison = await lanes.compared(truth(told), at(LAST), at(LAST), ignore)
    assert comparison.counts == {(kind, Verdict.CANDIDATE_WRONG): 1}
    assert [one.external_id for one in comparison.examples] == ["99" if kind is DifferenceKind.EXTRA else "1"]


def _with_last_word(told: list[Event], *, deleted: bool) -> list[Event]:
    """The same history with object 1 deleted at last, or left alive."""
    last = _last(told)
    return [*told, Event("1", last.minute + 1, None)] if deleted else [event for event in told if event != last]


def held_at(told: Sequence[Event], minute: int) -> dict[str, str]:
    """By the guard's rule: of each object the newest content by then, unless a tombstone is as new or newer."""
    held: dict[str, str] = {}
    for external_id in {event.external_id for event in told}:
        by_then = [event for event in told if event.external_id == external_id and event.minute <= minute]
        contents = [event for event in by_then if event.name is not None]
        gone = max((event.minute for event in by_then if event.name is None), default=-1)
        if contents and (newest := contents[-1]).minute > gone and newest.name is not None:
            held[external_id] = newest.name
    return held


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(events, min_size=1, max_size=10, unique_by=lambda e: (e.external_id, e.minute)))
async def test_a_twin_tells_what_it_held_at_any_time(database: Database, history: list[Event]) -> None:
    told = sorted(history, key=lambda event: event.minute)
    lanes = await lanes_over(database)
    await lanes.tell(lanes.candidate, told)
    side = Side("c", lanes.candidate, Marks())
    for minute in range(10):
        async with database.reading() as connection:
            rows = await connection.execute(
                text(f"SELECT external_id, document->>'name' AS name FROM ({side.images()}) r WHERE NOT deleted"),
                {**side.binds, "until": at(minute)},
            )
            assert {row.external_id: row.name for row in rows} == held_at(told, minute)
