"""Take a pushed event in: the same road as a page, under the lanes that are real-time by push."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Conflict
from hub.exchange.inbox import event_of, settle
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
from hub.records.source import SourceObject
from hub.work.decisions import Dead, Decision, Done, RetryAt

LOOK_AGAIN_S: Final = 1.0
LOOKS_AT_MOST: Final = 5
AHEAD: Final = timedelta(seconds=5)
"""So far two clocks that go right may differ; a stamp further ahead of its arrival would refuse what comes after it."""


async def take_event(room: EngineRoom, system: str, event_id: str, attempts: int = 1) -> Decision:
    """Repeatable, and in any order with other events and pages: each object's own time decides what wins.

    A read that came out older than what is stored is made again in a moment, up to LOOKS_AT_MOST `attempts`: where a
    source tells its time in whole seconds, two processes may differ by one about when each of them read.
    """
    async with room.database.reading() as connection:
        event = await event_of(connection, room.keys, system, event_id)
        if event is None or event.state is not EventState.NEW:
            return Done()
        webhooks = room.webhooks.get(SystemName(system))
        if webhooks is None:
            return Dead("NOT_FOUND", f"system {system} takes no webhooks any more")
        told = webhooks.objects(event.body, event.headers)
        lanes = [lane for entity in _entities(told) for lane in await _lanes(connection, system, entity)]
    outdated = False
    for lane in lanes:
        try:
            outdated |= await _take(room, lane, told, event.received_at)
        except Conflict as error:  # a cut-over, or a migration given up, since the lanes were looked up
            return RetryAt(room.clock(), error.message, error.code)
    if outdated and attempts < LOOKS_AT_MOST:
        return RetryAt(room.clock() + timedelta(seconds=LOOK_AGAIN_S), "what was read is older than what is here")
    state = EventState.APPLIED if lanes else EventState.IGNORED
    async with room.database.transaction() as connection:
        await settle(connection, system, event_id, state, room.clock())
    return Done()


def _entities(told: Told) -> list[Entity]:
    named = {source.entity for source in told.objects} | {subject.entity for subject in told.changed}
    return sorted(named | {bytes_.entity for bytes_ in told.unreadable})


async def _lanes(connection: AsyncConnection, system: str, entity: Entity) -> Sequence[LaneContext]:
    """Those that are real-time by push; a lane that polls, or comes by day, hears of this on its own road."""
    running = await running_lanes(connection, system, entity)
    return [lane for lane in running if await is_pushed(connection, lane)]


async def _take(room: EngineRoom, lane: LaneContext, told: Told, received_at: datetime) -> bool:
    """What the event tells in full is applied; what leaves a doubt is read at the source. True when that was older too.

    In doubt is what the event only names or tells without a version, for events overtake each other; what is stamped
    with a time still to come; and what something later has overtaken: it came out of order, or its clock is behind.
    """
    reader = reader_of(room, lane)
    doubtful = {subject.external_id for subject in told.changed if subject.entity is lane.entity}
    complete: list[SourceObject] = []
    for source in told.objects:
        if source.entity is not lane.entity:
            continue
        if reader is not None and _says_no_time(source, received_at):
            doubtful.add(source.external_id)
        else:
            complete.append(source)
    unreadable = [bytes_ for bytes_ in told.unreadable if bytes_.entity is lane.entity]
    late: set[ExternalId] = set()

    async def look(connection: AsyncConnection, incoming: Incoming) -> None:
        late.clear()
        late.update(map(ExternalId, await overtaken(connection, lane, incoming)))

    if complete or unreadable:
        await take_in(room, lane, complete, unreadable, look)
    doubtful |= late
    if not doubtful or reader is None:
        return False
    counters = await reread(room, lane, doubtful)
    async with room.database.transaction() as connection:
        await answered(connection, reader, room.clock())
    return counters["stale"] > 0


def _says_no_time(source: SourceObject, received_at: datetime) -> bool:
    return (source.body is not None and source.stamp is None) or source.as_of > received_at + AHEAD
