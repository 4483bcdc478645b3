"""Give an effect to the flow's lanes: the authoritative one sends or collects it, the others note it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.exchange.effect import Effect, written_changes
from hub.exchange.outbound_flow import OutboundFlow
from hub.exchange.shadow import note_shadows
from hub.ports.writing import Operation
from hub.records.identity import Entity
from hub.records.lanes import FlowCadence
from hub.work.dispatch import dispatch
from hub.work.lines import lock_lines
from hub.work.tables import Queue
from hub.work.work import NewWork

SEND: Final = "outbound.send"
"""Kind of the dispatch rows that send one command; payload {"command": UUID}."""

AT_ONCE: Final = frozenset({Entity.CONSENT.value})
"""What leaves at once whatever the flow's lane is: a person who said no waits for nobody's batch. So does a DELETE."""


async def order(connection: AsyncConnection, flow: OutboundFlow, effect: Effect, now: datetime) -> UUID:
    """The command's id; under a key that exists already the one that has it, and nothing else happens."""
    real_time = flow.authoritative.cadence is FlowCadence.REAL_TIME
    urgent = effect.entity in AT_ONCE or effect.operation is Operation.DELETE
    at_once = urgent or (real_time and not await _others_wait(connection, flow.name, effect.line, now))
    command_id = await _inserted(connection, flow, effect, "PENDING" if at_once else "COLLECTED")
    if command_id is None:
        existing: UUID = await connection.scalar(
            text("SELECT id FROM outbound_command WHERE key = :key"), {"key": effect.key}
        )
        return existing
    await note_shadows(connection, flow, effect)
    if at_once:
        await send_singly(connection, flow.name, Queue.REALTIME, [(command_id, effect.line)], now)
    return command_id


async def send_singly(
    connection: AsyncConnection, flow: str, queue: Queue, commands: Sequence[tuple[UUID, str]], now: datetime
) -> None:
    """Dispatch PENDING commands, given with their lines in the order in which they are to leave."""
    await dispatch(connection, [send_work(flow, queue, command_id, line) for command_id, line in commands], now)


def send_work(flow: str, queue: Queue, command_id: UUID, line: str, dedupe_key: str | None = None) -> NewWork:
    """The order to send one command."""
    payload, context = {"command": str(command_id)}, {"flow": flow}
    return NewWork(kind=SEND, queue=queue, payload=payload, line=line, dedupe_key=dedupe_key, context=context)


async def _others_wait(connection: AsyncConnection, flow: str, line: str, now: datetime) -> bool:
    """True while commands that a slower lane collected have not been given to the line: nothing overtakes them.

    Holds the line, as the release of those commands does, so that one of both sees what the other did.
    """
    await lock_lines(connection, [line], now)
    return bool(
        await connection.scalar(
            text(
                """SELECT EXISTS (SELECT FROM outbound_command
                                  WHERE flow = :flow AND line = :line AND state = 'COLLECTED')"""
            ),
            {"flow": flow, "line": line},
        )
    )


async def _inserted(connection: AsyncConnection, flow: OutboundFlow, effect: Effect, state: str) -> UUID | None:
    command_id: UUID | None = await connection.scalar(
        text(
            """INSERT INTO outbound_command (id, key, flow, lane_id, epoch, target, entity, operation, object_id,
                 external_id, line, changes, from_version, version, state, wanted_from, created_at)
               VALUES (:id, :key, :flow, :lane, :epoch, :target, :entity, :operation, :object_id, :external_id, :line,
                 CAST(:changes AS jsonb), :from_version, :version, :state, :wanted_from, :at)
               ON CONFLICT (key) DO NOTHING RETURNING id"""
        ),
        {
            "id": uuid4(),
            "key": effect.key,
            "flow": flow.name,
            "lane": flow.authoritative.id,
            "epoch": flow.epoch,
            "target": effect.target,
            "entity": effect.entity,
            "operation": effect.operation.value,
            "object_id": effect.object_id,
            "external_id": effect.external_id,
            "line": effect.line,
            "changes": written_changes(effect.changes),
            "from_version": effect.from_version,
            "version": effect.version,
            "state": state,
            "wanted_from": effect.wanted_from,
            "at": effect.at,
        },
    )
    return command_id
