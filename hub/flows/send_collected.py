"""Run an outbound lane: reduce what it collected to net effects and send them in batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import HubError, Transient
from hub.exchange.collected import Carrier, collected_objects, give_back, load, net_effects_of
from hub.exchange.order import send_singly, send_work
from hub.exchange.outbound_flow import OutboundLane, held_flow
from hub.exchange.shadow import leave_in_shadow
from hub.flows.carry_out import carry_out
from hub.flows.engine_room import EngineRoom
from hub.flows.meetings import failed
from hub.flows.runs import keep_counters, keep_source_time
from hub.flows.send import LOOKS_MAX
from hub.flows.taken import take
from hub.ports.writing import Unanswered
from hub.records.identity import Entity
from hub.work.decisions import Dead, Unknown
from hub.work.lay_aside import lay_aside
from hub.work.tables import Queue
from hub.work.work import NewWork


@dataclass(frozen=True)
class OutboundRun:
    """A run of an outbound lane. It carries what was wanted up to `until`; `counters` grow as it goes on."""

    id: UUID
    flow: str
    lane_id: int
    target: str
    entity: Entity
    epoch: int
    until: datetime
    page_size: int
    counters: Counter[str]


async def outbound_run(room: EngineRoom, run_id: UUID, page_size: int, counters: Counter[str]) -> OutboundRun:
    """The run as its row has it, once it was opened; it collects up to the moment it began, so that it ends."""
    async with room.database.reading() as connection:
        row = (
            await connection.execute(
                text(
                    """SELECT r.lane_id, r.epoch, r.started_at, f.name, f.target, f.entity FROM flow_run r
                       JOIN lane l ON l.id = r.lane_id JOIN information_flow f ON f.name = l.flow WHERE r.id = :run"""
                ),
                {"run": run_id},
            )
        ).one()
    entity = Entity(row.entity)
    return OutboundRun(
        run_id, row.name, row.lane_id, row.target, entity, row.epoch, row.started_at, page_size, counters
    )


async def send_collected(
    room: EngineRoom, run: OutboundRun, stopping: Callable[[], bool], progress: Callable[[Counter[str]], None]
) -> None:
    """Bring the run to its end; called again after an interruption it goes on with what is not settled.

    A lane with authority sends, one in SHADOW or VERIFY notes what it would send. When a cut-over takes the authority
    away meanwhile, what the run carries already goes out under its keys and the rest is left to the new lane.
    Raises Transient when the target cannot be reached, answers are missing or `stopping` became true.
    """
    try:
        more = True
        while more:
            while await _send_batch(room, run) or await _collect(room, run):
                progress(run.counters)
                if stopping():
                    raise Transient(f"flow {run.flow} goes on later: the worker is stopping")
            more = await _ask_again(room, run)
        await _leave_rest(room, run)
        async with room.database.transaction() as connection:
            await keep_source_time(connection, run.id, await _since(connection, run), run.until)
    except HubError as error:
        async with room.database.transaction() as connection:
            await failed(connection, run.target, error, room.clock())
        raise
    finally:
        await _count(room, run)


async def _since(connection: AsyncConnection, run: OutboundRun) -> datetime:
    """Behind which moment the run tells of changes: where the lane's last complete run ended, or before all of them."""
    since: datetime = await connection.scalar(
        text(
            """SELECT coalesce(
                 (SELECT max(source_until) FROM flow_run WHERE lane_id = :lane AND state = 'COMPLETED'),
                 least((SELECT min(wanted_from) FROM outbound_command WHERE lane_id = :lane),
                       (SELECT min(wanted_from) FROM shadow_command WHERE lane_id = :lane)) - interval '1 microsecond',
                 :until)"""
        ),
        {"lane": run.lane_id, "until": run.until},
    )
    return since


async def _send_batch(room: EngineRoom, run: OutboundRun) -> bool:
    """Of an object only its first command: the next one is told apart from it by the target's answer alone.

    A count and not NOT EXISTS: of that the planner makes a join over the whole run, once for every batch.
    """
    async with room.database.transaction() as connection:
        ids = await connection.scalars(
            text(
                """SELECT c.id FROM outbound_command c
                   WHERE c.run_id = :run AND c.state IN ('PENDING', 'SENT') AND (
                     SELECT count(*) FROM outbound_command b
                     WHERE b.target = c.target AND b.entity = c.entity AND b.external_id = c.external_id
                       AND b.run_id = c.run_id AND b.version < c.from_version
                       AND b.state IN ('PENDING', 'SENT', 'UNKNOWN')) = 0
                   ORDER BY c.wanted_from, c.object_id, c.version LIMIT :size"""
            ),
            {"run": run.id, "size": _batch_size(room, run)},
        )
        batch = ids.all()
        taken = await take(connection, batch, room.clock())
    if taken:
        await carry_out(room, taken)
    return bool(batch)


async def _collect(room: EngineRoom, run: OutboundRun) -> bool:
    """One page of objects, in one transaction; False when the lane has nothing more to carry."""
    async with room.database.transaction() as connection:
        flow = await held_flow(connection, run.flow)
        lane = None if flow is None else next((one for one in flow.lanes if one.id == run.lane_id), None)
        if flow is None or lane is None:
            return False
        if lane in flow.recording:
            changes, effects = await leave_in_shadow(connection, lane.id, run.until, run.page_size, room.clock())
            run.counters.update({"collected": changes, "would_send": effects})
        elif lane == flow.authoritative and flow.epoch == run.epoch:
            changes = await _load_page(connection, run, lane, room.clock())
        else:
            return False
        await keep_counters(connection, run.id, run.counters)
    return changes > 0


async def _load_page(connection: AsyncConnection, run: OutboundRun, lane: OutboundLane, now: datetime) -> int:
    """Tells how many changes were loaded. An object of which an earlier command still goes singly follows it along its
    line instead: the batch would overtake it.
    """
    found = await collected_objects(connection, run.flow, run.until, run.page_size)
    busy = {row.object_id for row in found if row.busy}
    nets = net_effects_of(found)
    batch = [net for net in nets if net.members[0].object_id not in busy]
    behind = [net for net in nets if net.members[0].object_id in busy]
    await load(connection, batch, Carrier(run.flow, lane.id, run.epoch, run.id), now)
    singly = await load(connection, behind, Carrier(run.flow, lane.id, run.epoch), now)
    queue = Queue(lane.cadence.value.lower())
    await send_singly(connection, run.flow, queue, [(one.id, one.effect.line) for one in singly], now)
    idle = sum(len(net.members) for net in nets if net.effect is None)
    run.counters.update({"collected": len(found), "without_effect": idle, "singly": len(singly)})
    return len(found)


async def _ask_again(room: EngineRoom, run: OutboundRun) -> bool:
    """Try each command without an answer once more, or look for what it made; True when one of them is settled now."""
    settled, after = False, UUID(int=0)
    while True:
        async with room.database.transaction() as connection:
            ids = await connection.scalars(
                text(
                    """SELECT id FROM outbound_command WHERE run_id = :run AND state = 'UNKNOWN' AND id > :after
                       ORDER BY id LIMIT :size"""
                ),
                {"run": run.id, "after": after, "size": _batch_size(room, run)},
            )
            taken = await take(connection, ids.all(), room.clock())
        if not taken:
            return settled
        outcomes = await carry_out(room, taken)
        settled = settled or any(not isinstance(outcome, Unanswered) for _, outcome in outcomes)
        after = taken[-1].id


async def _leave_rest(room: EngineRoom, run: OutboundRun) -> None:
    """Raises Transient while missing answers may still be found. Then an update is left to the next run; a CREATE
    stays UNKNOWN for a person.
    """
    async with room.database.transaction() as connection:
        missing = await connection.scalar(
            text(
                """SELECT count(*) FROM outbound_command WHERE run_id = :run AND state = 'UNKNOWN'
                     AND attempts < CASE operation WHEN 'CREATE' THEN CAST(:looks AS int)
                                                   ELSE CAST(:tries AS int) END"""
            ),
            {"run": run.id, "looks": _looks(room, run), "tries": LOOKS_MAX},
        )
        if missing:
            raise Transient(f"flow {run.flow}: {missing} answers of {run.target} are missing; it asks again")
        await give_back(connection, run.id)
        await _lay_stuck_aside(connection, run, room.clock())


async def _lay_stuck_aside(connection: AsyncConnection, run: OutboundRun, now: datetime) -> None:
    """What was refused and what nobody knows of becomes stuck work like that of commands that go singly."""
    rows = await connection.execute(
        text(
            """SELECT c.id, c.line, c.state, c.outcome_code, c.outcome_message, l.cadence
               FROM outbound_command c JOIN lane l ON l.id = c.lane_id
               WHERE c.run_id = :run AND c.state IN ('REFUSED', 'UNKNOWN') ORDER BY c.wanted_from, c.object_id"""
        ),
        {"run": run.id},
    )
    stuck: list[tuple[NewWork, Dead | Unknown]] = []
    for row in rows:
        work = send_work(run.flow, Queue(row.cadence.lower()), row.id, row.line, dedupe_key=f"stuck:{row.id}")
        unknown = row.state == "UNKNOWN"
        stuck.append((work, Unknown(row.outcome_message) if unknown else Dead(row.outcome_code, row.outcome_message)))
    await lay_aside(connection, stuck, now)


async def _count(room: EngineRoom, run: OutboundRun) -> None:
    async with room.database.transaction() as connection:
        rows = await connection.execute(
            text("SELECT state, count(*) AS commands FROM outbound_command WHERE run_id = :run GROUP BY state"),
            {"run": run.id},
        )
        states = {row.state: row.commands for row in rows}
        for counter, state in (("done", "DONE"), ("refused", "REFUSED"), ("unknown", "UNKNOWN")):
            run.counters[counter] = states.get(state, 0)
        await keep_counters(connection, run.id, run.counters)


def _batch_size(room: EngineRoom, run: OutboundRun) -> int:
    capabilities = room.systems.port(run.target).capabilities.get(run.entity)
    return 1 if capabilities is None else capabilities.batch_size


def _looks(room: EngineRoom, run: OutboundRun) -> int:
    capabilities = room.systems.port(run.target).capabilities.get(run.entity)
    return LOOKS_MAX if capabilities is not None and (capabilities.hub_key or capabilities.once_per_key) else 1
