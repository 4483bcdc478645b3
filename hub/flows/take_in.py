"""Take objects in: understand them, apply them in one transaction, and read the doubtful ones again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.apply import Applied, apply
from hub.flows.drift import report_drifts
from hub.flows.engine_room import EngineRoom
from hub.flows.incoming import Incoming, understand
from hub.flows.lane import LaneContext
from hub.mapping.record import RecordMapping
from hub.records.identity import ExternalId
from hub.records.source import SourceObject, Unreadable
from hub.store.engine import is_worth_repeating

REPEATS_MAX: Final = 5
"""Times a page is tried when PostgreSQL gives it up in favour of another one."""

READ_AT_ONCE: Final = 200
"""Ids per read by id; small enough for a package's URL and time limits."""

Beside = Callable[[AsyncConnection, Incoming], Awaitable[None]]


async def take_in(
    room: EngineRoom,
    lane: LaneContext,
    objects: Sequence[SourceObject],
    unreadable: Sequence[Unreadable] = (),
    beside: Beside | None = None,
) -> Counter[str]:
    """Apply objects and what `beside` writes in the same transaction (the page's cursor); returns the counters.

    Objects are in the words of the lane's road. They become truth, or twins, as the lane's mode says.
    """
    mapping = room.mapping(lane.road, lane.entity)
    incoming = understand(objects, unreadable, mapping)
    await report_drifts(room, lane, lane.road, incoming.drifts)
    return await take_in_understood(room, lane, incoming, mapping, beside)


async def take_in_understood(
    room: EngineRoom, lane: LaneContext, incoming: Incoming, mapping: RecordMapping, beside: Beside | None = None
) -> Counter[str]:
    """As `take_in`, of a page that was understood under this mapping and whose drifts were reported already."""
    applied = await commit_page(room, lane, incoming, mapping, beside)
    counters = Counter(applied.counters)
    if applied.doubtful:
        counters += await reread(room, lane, applied.doubtful)
    return counters


async def commit_page(
    room: EngineRoom, lane: LaneContext, incoming: Incoming, mapping: RecordMapping, beside: Beside | None = None
) -> Applied:
    """Apply a page in a transaction of its own; one that PostgreSQL gave up in favour of another is tried again."""
    rules = room.rules(mapping)
    for attempt in range(1, REPEATS_MAX + 1):
        try:
            async with room.database.transaction() as connection:
                applied = await apply(connection, lane, incoming, rules, room.clock())
                if beside is not None:
                    await beside(connection, incoming)
            return applied
        except DBAPIError as error:
            if not is_worth_repeating(error) or attempt == REPEATS_MAX:
                raise
    raise AssertionError("the loop above returns or raises")


async def reread(room: EngineRoom, lane: LaneContext, ids: Iterable[str]) -> Counter[str]:
    """Read objects by id at the source, which is the truth at that moment, and apply them."""
    reader = reader_of(room, lane)
    if reader is None:
        return Counter()
    port = room.systems.port(reader)
    counters: Counter[str] = Counter()
    wanted = [ExternalId(i) for i in sorted(ids)]
    for start in range(0, len(wanted), READ_AT_ONCE):
        batch = wanted[start : start + READ_AT_ONCE]
        found = await port.read(lane.entity, batch)
        counters["reread"] += len(batch)
        counters += await take_in_read(room, lane, found, reader)
    return counters


def reader_of(room: EngineRoom, lane: LaneContext) -> str | None:
    """The system at which a doubt about one object is settled: the flow's source, or the road if only that can read."""
    for system in (lane.system, lane.road):
        can = room.systems.port(system).capabilities.get(lane.entity)
        if can is not None and can.read:
            return system
    return None


async def take_in_read(
    room: EngineRoom, lane: LaneContext, found: Sequence[SourceObject], read_at: str | None = None
) -> Counter[str]:
    """Apply objects that were read by id; none of them can be doubtful, since a read wins by its own time.

    `read_at` is the system in whose words they are, the flow's source if not told.
    """
    reader = read_at or lane.system
    mapping = room.mapping(reader, lane.entity)
    incoming = understand(found, (), mapping)
    await report_drifts(room, lane, reader, incoming.drifts)
    applied = await commit_page(room, lane, incoming, mapping)
    counters = Counter(applied.counters)
    counters["read"] = 0
    return counters
