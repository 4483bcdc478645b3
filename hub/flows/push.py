"""Take pushed events in: the same road as a page, under the lanes that are real-time by push.

What waits is taken in together, as one page; what the source must be asked about is asked about together as well, and
afterwards, so that a source that answers late keeps no event waiting that needs no answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Conflict
from hub.exchange.inbox import events_of, settle
from hub.exchange.tables import EventState
from hub.flows.engine_room import EngineRoom
from hub.flows.incoming import Incoming
from hub.flows.lane import LaneContext, running_lanes
from hub.flows.meetings import answered
from hub.flows.overtaken import overtaken
from hub.flows.take_in import reader_of, reread, take_in
from hub.flows.watermark import is_pushed
from hub.ports.webhooks import Told
from hub.records.identity import Entity, ExternalId, SystemName
from hub.records.source import SourceObject, Unreadable
from hub.work.decisions import Dead, Decision, Done, RetryAt

LOOK_AGAIN_S: Final = 1.0
AHEAD: Final = timedelta(seconds=5)
"""So far two clocks that go right may differ; a stamp further ahead of its arrival would refuse what comes after it."""
LOOKS_AT_MOST: Final = 8
"""Enough to outlive a stamp that was AHEAD when it came, by a source that tells the time of a read in whole seconds."""

Doubts: TypeAlias = dict[LaneContext, set[ExternalId]]
"""By lane the objects of one event that are to be read at the source."""


@dataclass(slots=True)
class _Event:
    """One event on its way, the lanes that take it, and what it leaves in doubt."""

    id: str
    told: Told
    received_at: datetime
    lanes: Sequence[LaneContext] = ()
    doubts: Doubts = field(default_factory=lambda: defaultdict(set))


async def take_event(room: EngineRoom, system: str, event_id: str, attempts: int = 1) -> Decision:
    """Repeatable, and in any order with other events and pages: each object's own time decides what wins."""
    (taken,) = await take_events(room, system, [event_id])
    if not isinstance(taken, Doubtful):
        return taken
    (decision,) = await look_up(room, system, [(taken, attempts)])
    return decision


@dataclass(frozen=True, slots=True)
class Doubtful:
    """An event that was taken in as far as it tells, and the objects that are still to be read."""

    event_id: str
    doubts: Mapping[LaneContext, set[ExternalId]]


async def take_events(room: EngineRoom, system: str, event_ids: Sequence[str]) -> list[Decision | Doubtful]:
    """Take in what several events tell in full, in the order given; those that leave no doubt are settled."""
    webhooks = room.webhooks.get(SystemName(system))
    async with room.database.reading() as connection:
        stored = await events_of(connection, room.keys, system, event_ids)
        new = {i: event for i, event in stored.items() if event.state is EventState.NEW}
        if webhooks is None:
            gone = Dead("NOT_FOUND", f"system {system} takes no webhooks any more")
            return [gone if event_id in new else Done() for event_id in event_ids]
        events = [
            _Event(i, webhooks.objects(new[i].body, new[i].headers), new[i].received_at) for i in event_ids if i in new
        ]
        await _find_lanes(connection, system, events)
    try:
        for turn in _turns(events):
            await _take(room, turn)
    except Conflict as error:  # a cut-over, or a migration given up, since the lanes were looked up
        again = RetryAt(room.clock(), error.message, error.code)
        return [again if event_id in new else Done() for event_id in event_ids]
    clear = {event.id: _state(event) for event in events if not event.doubts}
    if clear:
        async with room.database.transaction() as connection:
            await settle(connection, system, clear, room.clock())
    doubtful = {event.id: Doubtful(event.id, event.doubts) for event in events if event.doubts}
    return [doubtful.get(event_id, Done()) for event_id in event_ids]


async def look_up(room: EngineRoom, system: str, asked: Sequence[tuple[Doubtful, int]]) -> list[Decision]:
    """Read what events left in doubt at the source, which is the truth at that moment, and settle them.

    A read that came out older than what is stored is made again in a moment, up to LOOKS_AT_MOST attempts (given with
    each event): where a source tells its time in whole seconds, two processes may differ by one about when each of them
    read. Events that were looked up together are looked up again together.
    """
    wanted: Doubts = defaultdict(set)
    for event, _ in asked:
        for lane, ids in event.doubts.items():
            wanted[lane] |= ids
    outdated = False
    try:
        for lane, ids in wanted.items():
            outdated |= await _read(room, lane, ids)
    except Conflict as error:
        return [RetryAt(room.clock(), error.message, error.code) for _ in asked]
    again = RetryAt(room.clock() + timedelta(seconds=LOOK_AGAIN_S), "what was read is older than what is here")
    decisions: list[Decision] = [again if outdated and attempts < LOOKS_AT_MOST else Done() for _, attempts in asked]
    settled = [event.event_id for (event, _), one in zip(asked, decisions, strict=True) if isinstance(one, Done)]
    if settled:
        async with room.database.transaction() as connection:
            await settle(connection, system, dict.fromkeys(settled, EventState.APPLIED), room.clock())
    return decisions


async def _read(room: EngineRoom, lane: LaneContext, ids: set[ExternalId]) -> bool:
    """True when what was read is older than what is here."""
    reader = reader_of(room, lane)
    if reader is None:
        return False
    counters = await reread(room, lane, ids)
    async with room.database.transaction() as connection:
        await answered(connection, reader, room.clock())
    return counters["stale"] > 0


def _state(event: _Event) -> EventState:
    return EventState.APPLIED if event.lanes else EventState.IGNORED


async def _find_lanes(connection: AsyncConnection, system: str, events: Sequence[_Event]) -> None:
    """Those that are real-time by push; a lane that polls, or comes by day, hears of this on its own road."""
    known: dict[Entity, Sequence[LaneContext]] = {}
    for event in events:
        named = _entities(event.told)
        for entity in named:
            if entity not in known:
                running = await running_lanes(connection, system, entity)
                known[entity] = [lane for lane in running if await is_pushed(connection, lane)]
        event.lanes = [lane for entity in named for lane in known[entity]]


def _entities(told: Told) -> list[Entity]:
    named = {source.entity for source in told.objects} | {subject.entity for subject in told.changed}
    return sorted(named | {bytes_.entity for bytes_ in told.unreadable})


def _turns(events: Iterable[_Event]) -> list[list[_Event]]:
    """Events in their order, so that no two of one turn tell of one object: the second may be out of order."""
    turns: list[list[_Event]] = []
    behind: dict[tuple[Entity, str], int] = {}
    for event in events:
        told = {(source.entity, str(source.external_id)) for source in event.told.objects}
        place = max((behind.get(one, 0) for one in told), default=0)
        behind.update(dict.fromkeys(told, place + 1))
        while len(turns) <= place:
            turns.append([])
        turns[place].append(event)
    return turns


async def _take(room: EngineRoom, events: Sequence[_Event]) -> None:
    """What the events tell in full is applied; what leaves a doubt is noted with them.

    In doubt is what an event only names or tells without a version, for events overtake each other; what is stamped
    with a time still to come; and what something later has overtaken: it came out of order, or its clock is behind.
    """
    for lane in dict.fromkeys(lane for event in events for lane in event.lanes):
        await _take_by(room, lane, [event for event in events if lane in event.lanes])


async def _take_by(room: EngineRoom, lane: LaneContext, events: Sequence[_Event]) -> None:
    reader = reader_of(room, lane)
    complete: list[SourceObject] = []
    unreadable: list[Unreadable] = []
    for event in events:
        unreadable += [bytes_ for bytes_ in event.told.unreadable if bytes_.entity is lane.entity]
        named = {subject.external_id for subject in event.told.changed if subject.entity is lane.entity}
        for source in event.told.objects:
            if source.entity is not lane.entity:
                continue
            if reader is not None and _says_no_time(source, event.received_at):
                named.add(source.external_id)
            else:
                complete.append(source)
        if named and reader is not None:
            event.doubts[lane] |= named
    late: set[str] = set()

    async def look(connection: AsyncConnection, incoming: Incoming) -> None:
        late.clear()
        late.update(await overtaken(connection, lane, incoming))

    if complete or unreadable:
        await take_in(room, lane, complete, unreadable, look)
    if late and reader is not None:
        for event in events:
            told = {source.external_id for source in event.told.objects if source.entity is lane.entity}
            if overtook := {external_id for external_id in told if external_id in late}:
                event.doubts[lane] |= overtook


def _says_no_time(source: SourceObject, received_at: datetime) -> bool:
    return (source.body is not None and source.stamp is None) or source.as_of > received_at + AHEAD
