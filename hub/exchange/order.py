"""Give an effect to the flow's lanes: the authoritative one sends or collects it, the others note it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.exchange.effect import Effect, changes_json
from hub.exchange.outbound_flow import OutboundFlow
from hub.exchange.shadow import note_shadows
from hub.ports.writing import Operation
from hub.records.identity import Entity
from hub.records.lanes import FlowCadence
from hub.store.sets import run_set
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
    return (await order_each(connection, flow, [effect], now))[effect.key]


async def order_each(
    connection: AsyncConnection, flow: OutboundFlow, effects: Sequence[Effect], now: datetime, *, at_once: bool = False
) -> Mapping[str, UUID]:
    """By key the command of each; under a key that exists already the one that has it, and nothing else happens.

    `at_once`: they wait for no batch, whatever the flow's lane.
    """
    made = await order_all(connection, flow, effects, now, at_once=at_once)
    if len(made) == len(effects):
        return {effect.key: command for effect, command in zip(effects, made, strict=True)}
    rows = await connection.execute(
        text("SELECT key, id FROM outbound_command WHERE key = ANY(:keys)"), {"keys": [one.key for one in effects]}
    )
    return {row.key: row.id for row in rows}


async def order_all(
    connection: AsyncConnection, flow: OutboundFlow, effects: Sequence[Effect], now: datetime, *, at_once: bool = False
) -> list[UUID]:
    """The new commands' ids in the order of `effects`; one under a key that exists already is none."""
    urgent = {effect.key for effect in effects if at_once or _is_urgent(effect)}
    lines = dict.fromkeys(effect.line for effect in effects if effect.key not in urgent)
    waiting = set(lines)
    if flow.authoritative.cadence is FlowCadence.REAL_TIME and lines:
        waiting = await _others_wait(connection, flow.name, list(lines), now)
    leaves = {effect.key for effect in effects if effect.key in urgent or effect.line not in waiting}
    states = {effect.key: "PENDING" if effect.key in leaves else "COLLECTED" for effect in effects}
    made = await _inserted(connection, flow, effects, states)
    new = [effect for effect in effects if effect.key in made]
    await note_shadows(connection, flow, new)
    leaving = [(made[effect.key], effect.line) for effect in new if states[effect.key] == "PENDING"]
    await send_singly(connection, flow.name, Queue.REALTIME, leaving, now)
    return [made[effect.key] for effect in new]


def _is_urgent(effect: Effect) -> bool:
    return effect.entity in AT_ONCE or effect.operation is Operation.DELETE


async def send_singly(
    connection: AsyncConnection, flow: str, queue: Queue, commands: Sequence[tuple[UUID, str]], now: datetime
) -> None:
    """Dispatch PENDING commands, given with their lines in the order in which they are to leave."""
    await dispatch(connection, [send_work(flow, queue, command_id, line) for command_id, line in commands], now)


def send_work(flow: str, queue: Queue, command_id: UUID, line: str, dedupe_key: str | None = None) -> NewWork:
    """The order to send one command."""
    payload, context = {"command": str(command_id)}, {"flow": flow}
    return NewWork(kind=SEND, queue=queue, payload=payload, line=line, dedupe_key=dedupe_key, context=context)


async def _others_wait(connection: AsyncConnection, flow: str, lines: Sequence[str], now: datetime) -> set[str]:
    """The lines to which commands that a slower lane collected have not been given yet: nothing overtakes them.

    Holds the lines, as the release of those commands does, so that one of both sees what the other did.
    """
    await lock_lines(connection, lines, now)
    rows = await connection.execute(
        text(
            """SELECT r.line FROM unnest(CAST(:lines AS text[])) AS r(line)
               WHERE EXISTS (SELECT FROM outbound_command c
                             WHERE c.flow = :flow AND c.line = r.line AND c.state = 'COLLECTED')"""
        ),
        {"flow": flow, "lines": list(lines)},
    )
    return set(rows.scalars())


_INSERT: Final = """
INSERT INTO outbound_command (id, key, flow, lane_id, epoch, target, entity, operation, object_id,
  external_id, line, changes, from_version, version, state, wanted_from, created_at)
SELECT r.id, r.key, :flow, :lane, :epoch, r.target, r.entity, r.operation, r.object_id,
  r.external_id, r.line, r.changes, r.from_version, r.version, r.state, r.wanted_from, r.at
FROM json_to_recordset(CAST(:rows AS json)) AS r(place int, id uuid, key text, target text, entity text,
  operation text, object_id text, external_id text, line text, changes jsonb, from_version int, version int,
  state text, wanted_from timestamptz, at timestamptz)
ORDER BY r.place
ON CONFLICT (key) DO NOTHING RETURNING id, key
"""


async def _inserted(
    connection: AsyncConnection, flow: OutboundFlow, effects: Sequence[Effect], states: Mapping[str, str]
) -> dict[str, UUID]:
    """Key: id of the commands that are new."""
    rows = [
        {
            "place": place,
            "id": uuid4(),
            "key": effect.key,
            "target": effect.target,
            "entity": effect.entity,
            "operation": effect.operation.value,
            "object_id": effect.object_id,
            "external_id": effect.external_id,
            "line": effect.line,
            "changes": changes_json(effect.changes),
            "from_version": effect.from_version,
            "version": effect.version,
            "state": states[effect.key],
            "wanted_from": effect.wanted_from,
            "at": effect.at,
        }
        for place, effect in enumerate(effects)
    ]
    made = await run_set(connection, _INSERT, rows, flow=flow.name, lane=flow.authoritative.id, epoch=flow.epoch)
    return {row.key: row.id for row in made}
