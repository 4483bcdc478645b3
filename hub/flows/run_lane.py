"""Run a lane: pull page by page, apply each with its cursor, then find what is gone; or send what was collected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import aclosing
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Conflict, HubError, InOtherHands, NothingWaiting, Overtaken, Rejected, StaleEpoch, Transient
from hub.flows.drift import report_drifts
from hub.flows.engine_room import EngineRoom
from hub.flows.give_way import Throttle
from hub.flows.gone import delete_missing, sweep
from hub.flows.in_flight import PagesInFlight, Turn
from hub.flows.incoming import Incoming
from hub.flows.lane import fence
from hub.flows.meetings import answered, failed
from hub.flows.portions import Portions
from hub.flows.read_ahead import read_ahead
from hub.flows.runs import (
    OpenRun,
    end_run,
    forget_seen,
    keep_counters,
    keep_cursor,
    keep_progress,
    keep_seen,
    keep_source_time,
    open_run,
)
from hub.flows.send_collected import outbound_run, send_collected
from hub.flows.start_run import run_in_new_role
from hub.flows.take_in import Beside, take_in_understood
from hub.mapping.record import RecordMapping
from hub.ports.capabilities import PullKind
from hub.ports.pages import PullPage
from hub.ports.system import SystemPort
from hub.records.lanes import RUNNING_MODES
from hub.records.source import JsonObject
from hub.settings.flows import HUB, Lane

Progress = Callable[[Counter[str]], None]


def _silent(counters: Counter[str]) -> None:
    """Nobody watches."""


async def run_lane(
    room: EngineRoom, run_id: UUID, stopping: Callable[[], bool] = lambda: False, progress: Progress = _silent
) -> Counter[str]:
    """Bring the run to its end and return its counters.

    Raises Transient when the system cannot be reached or `stopping` became true: the run is then INTERRUPTED and a
    later call goes on behind its last committed page. Any other HubError has FAILED the run; after StaleEpoch and
    Overtaken another one is queued, for what the lane is by now. Not so after InOtherHands: the run goes on there.
    """
    async with room.database.transaction() as connection:
        run = await open_run(connection, run_id, room.clock())
    if run is None:
        return Counter()
    try:
        await (_send_all if run.lane.system == HUB else _pull_all)(room, run, stopping, progress)
        async with room.database.transaction() as connection:
            if run.lane.system != HUB:
                # Else a cut-over behind the last page would find the run under way, and nobody ever compare its window.
                await fence(connection, run.lane)
            await keep_counters(connection, run_id, run.counters)
            await answered(connection, run.lane.road, room.clock())
            await end_run(connection, run_id, "COMPLETED", room.clock(), attempt=run.attempt)
    except HubError as error:
        state = "INTERRUPTED" if isinstance(error, Transient) else "FAILED"
        async with room.database.transaction() as connection:
            await failed(connection, run.lane.road, error, room.clock())
            await end_run(connection, run_id, state, room.clock(), (error.code, error.message), run.attempt)
            if isinstance(error, StaleEpoch | Overtaken) and not isinstance(error, InOtherHands):
                await run_in_new_role(connection, run.lane, room.clock())
        raise
    return run.counters


async def _send_all(room: EngineRoom, run: OpenRun, stopping: Callable[[], bool], progress: Progress) -> None:
    outbound = await outbound_run(room, run.id, _settings(room, run).page_size, run.counters)
    await send_collected(room, outbound, stopping, progress)


async def _pull_all(room: EngineRoom, run: OpenRun, stopping: Callable[[], bool], progress: Progress) -> None:
    """One pull of an incremental source; of a source of complete sets every set that waits, the oldest first."""
    port, entity = room.systems.port(run.lane.road), run.lane.entity
    overlap = timedelta(seconds=_settings(room, run).overlap_s)
    complete_sets = port.capabilities[entity].pull is PullKind.FULL
    cursor = run.cursor if run.midway else None
    latest = run.cursor
    put_aside: Rejected | None = None
    while True:
        try:
            if cursor is None:
                cursor = await _begin(room, run, latest, overlap)
        except NothingWaiting:
            break
        except Rejected as error:
            # A set that cannot be trusted is out of the way now, and must not keep a newer one waiting for a week.
            if not complete_sets or (put_aside is not None and put_aside.message == error.message):
                raise
            put_aside = put_aside or error
            continue
        latest = await _pull_one(room, run, cursor, stopping, progress)
        cursor = None
        if not complete_sets:
            break
    if put_aside is not None:
        raise put_aside


async def _begin(room: EngineRoom, run: OpenRun, latest: JsonObject | None, overlap: timedelta) -> JsonObject:
    """The cursor of a fresh pull. Changes since a cursor are complete up to here; a set tells its own time later."""
    port, entity = room.systems.port(run.lane.road), run.lane.entity
    began = await port.now()
    cursor = await port.begin_run(entity, latest, overlap)
    if port.capabilities[entity].pull is not PullKind.FULL:
        async with room.database.transaction() as connection:
            await keep_source_time(connection, run.id, began, began)
    return cursor


async def _pull_one(
    room: EngineRoom, run: OpenRun, cursor: JsonObject, stopping: Callable[[], bool], progress: Progress
) -> JsonObject:
    """From `cursor` to the last page, then what is gone; returns the cursor behind it all."""
    port, entity = room.systems.port(run.lane.road), run.lane.entity
    settings = _settings(room, run)
    _go_on(run, stopping)
    mapping = room.mapping(run.lane.road, entity)
    ahead = read_ahead(port, entity, cursor, settings.page_size, mapping)
    throttle = Throttle(room, run.id, stopping)
    async with aclosing(ahead) as pages, PagesInFlight() as flight:
        async for page, incoming in pages:
            await report_drifts(room, run.lane, run.lane.road, incoming.drifts)
            await flight.add(partial(_keep_page, room, run, page, incoming, mapping, progress, throttle))
            cursor = page.cursor
            if not page.last and (stopping() or throttle.narrow):
                await flight.landed()
                _go_on(run, stopping)
    await _keep_set_time(room, run, port, page)
    if page.set_began is not None:
        await delete_missing(room, run, page.set_began, settings.max_delete_share)
    elif settings.sweep and port.capabilities[entity].sweep:
        await sweep(room, run, settings.max_delete_share)
    await _finish(room, run, cursor)
    return cursor


def _go_on(run: OpenRun, stopping: Callable[[], bool]) -> None:
    if stopping():
        raise Transient(f"flow {run.lane.flow} goes on later: the worker is stopping")


async def _keep_set_time(room: EngineRoom, run: OpenRun, port: SystemPort, page: PullPage) -> None:
    """Of several sets in one run the last one tells."""
    if page.set_read is not None:
        since, until = page.set_read
    elif page.set_began is not None:
        since, until = page.set_began, await port.now()
    else:
        return
    async with room.database.transaction() as connection:
        await keep_source_time(connection, run.id, since, until)


def _settings(room: EngineRoom, run: OpenRun) -> Lane:
    cadence, flow = run.lane.cadence.value, run.lane.flow
    if run.lane.mode not in RUNNING_MODES:
        raise Overtaken(f"the {cadence} lane of flow {flow} is {run.lane.mode.value} by now and does not run")
    for lane in room.flow(flow).lanes:
        if lane.cadence is run.lane.cadence:
            return lane
    raise Conflict(f"flow {flow} has no {cadence} lane in the configuration any more")


async def _keep_page(
    room: EngineRoom,
    run: OpenRun,
    page: PullPage,
    incoming: Incoming,
    mapping: RecordMapping,
    progress: Progress,
    throttle: Throttle,
    turn: Turn,
) -> None:
    """The cursor moves with the page, or behind it when the page ahead is still under way: it never skips one."""
    moved = False

    async def beside(connection: AsyncConnection, _portion: Incoming) -> None:
        nonlocal moved
        moved = turn.come
        if moved:
            await keep_cursor(connection, run.lane.lane_id, page.cursor, run.id, room.clock())
        if page.set_began is not None:
            refused = [refusal.external_id for refusal in incoming.refused if refusal.external_id]
            await keep_seen(connection, run.id, [*incoming.contents, *refused])

    counters = await _take_in(room, run, incoming, mapping, throttle, beside)
    await turn.wait()
    run.counters.update(counters)
    async with room.database.transaction() as connection:
        if not moved:
            await fence(connection, run.lane)
            await keep_cursor(connection, run.lane.lane_id, page.cursor, run.id, room.clock())
        await keep_progress(connection, run.id, run.counters)
    progress(run.counters)


async def _take_in(
    room: EngineRoom, run: OpenRun, page: Incoming, mapping: RecordMapping, throttle: Throttle, beside: Beside
) -> Counter[str]:
    """In as many steps as the throttle makes of the page; `beside` belongs to the last one."""
    counters: Counter[str] = Counter()
    portions, last = Portions(page), False
    while not last:
        async with throttle.step() as records:
            portion, last = portions.take(records)
            counters.update(await take_in_understood(room, run.lane, portion, mapping, beside if last else None))
        if not last:
            _go_on(run, throttle.stopping)
    return counters


async def _finish(room: EngineRoom, run: OpenRun, cursor: JsonObject) -> None:
    """A run whose lane has another part by now keeps no cursor, for the lane begins anew, and archives no file."""
    async with room.database.transaction() as connection:
        await fence(connection, run.lane)
    await room.systems.port(run.lane.road).finished(run.lane.entity, cursor)
    async with room.database.transaction() as connection:
        await fence(connection, run.lane)
        await keep_cursor(connection, run.lane.lane_id, cursor, None, room.clock())
        await forget_seen(connection, run.id)
