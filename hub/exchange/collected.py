"""Commands that wait for a carrier: reduce them to their net effects and give them to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.exchange.effect import Effect, NetEffect, by_object, changes_json, effect_of, net_effects
from hub.store.sets import run_set


@dataclass(frozen=True, slots=True)
class Carrier:
    """Who takes commands over: a lane under its epoch; with a run they go into its batches."""

    flow: str
    lane_id: int
    epoch: int
    run_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """One command that its carrier has now; `members` collected commands are in it."""

    id: UUID
    effect: Effect
    members: int


_TAKE: Final = """
UPDATE outbound_command c SET lane_id = :lane, epoch = :epoch, run_id = :run,
  state = CASE WHEN c.sent_at IS NULL THEN 'PENDING' ELSE 'UNKNOWN' END
FROM json_to_recordset(CAST(:rows AS json)) AS r(key text)
WHERE c.key = r.key AND c.state = 'COLLECTED'
RETURNING c.id, c.key
"""

_INSERT_NET: Final = """
INSERT INTO outbound_command (id, key, flow, lane_id, epoch, run_id, target, entity, operation, object_id,
  external_id, line, changes, from_version, version, wanted_from, created_at)
SELECT r.id, r.key, :flow, :lane, :epoch, :run, r.target, r.entity, r.operation, r.object_id,
  r.external_id, r.line, r.changes, r.from_version, r.version, r.wanted_from, r.at
FROM json_to_recordset(CAST(:rows AS json)) AS r(id uuid, key text, target text, entity text, operation text,
  object_id text, external_id text, line text, changes jsonb, from_version int, version int,
  wanted_from timestamptz, at timestamptz)
"""

_PUT_ASIDE: Final = """
UPDATE outbound_command c SET state = CASE WHEN r.net IS NULL THEN 'CANCELLED' ELSE 'MERGED' END,
  carried_by = r.net, outcome_code = CASE WHEN r.net IS NULL THEN 'NO_EFFECT' END,
  outcome_message = CASE WHEN r.net IS NULL THEN 'taken back before it was sent' END, finished_at = :now
FROM json_to_recordset(CAST(:rows AS json)) AS r(key text, net uuid)
WHERE c.key = r.key AND c.state = 'COLLECTED'
"""


async def load(connection: AsyncConnection, nets: Sequence[NetEffect], carrier: Carrier, now: datetime) -> list[Loaded]:
    """Give the carrier the net effects in the order of `nets`, and let their members point to them."""
    binds = {"lane": carrier.lane_id, "epoch": carrier.epoch, "run": carrier.run_id}
    alone = [net.effect.key for net in nets if net.effect is not None and net.effect in net.members]
    taken = await run_set(connection, _TAKE, [{"key": key} for key in alone], **binds)
    ids: dict[str, UUID] = {row.key: row.id for row in taken}
    merged = {net.effect.key: uuid4() for net in nets if net.effect is not None and net.effect not in net.members}
    rows = [_row(merged[net.effect.key], net.effect) for net in nets if net.effect and net.effect.key in merged]
    if rows:
        await run_set(connection, _INSERT_NET, rows, flow=carrier.flow, **binds)
    aside = [
        {"key": member.key, "net": None if net.effect is None else merged[net.effect.key]}
        for net in nets
        if net.effect is None or net.effect.key in merged
        for member in net.members
    ]
    if aside:
        await run_set(connection, _PUT_ASIDE, aside, now=now)
    ids |= merged
    return [
        Loaded(ids[net.effect.key], net.effect, len(net.members))
        for net in nets
        if net.effect is not None and net.effect.key in ids
    ]


async def collected_objects(
    connection: AsyncConnection, flow: str, until: datetime, objects: int
) -> Sequence[Row[Any]]:
    """What is collected of up to `objects` objects, wanted up to `until`, by object and version; held for this
    transaction. `busy` is true while a command of the object is on its way without a run.

    A range of objects and a count, where a join and EXISTS would say it plainer: how many rows are collected changes by
    the hour, and with yesterday's statistics the planner reads them all once for each of them.
    """
    return (
        await connection.execute(
            text(
                """SELECT c.*, c.created_at AS at, (
                     SELECT count(*) FROM outbound_command b WHERE b.target = c.target AND b.entity = c.entity
                       AND b.external_id = c.external_id AND b.run_id IS NULL
                       AND b.state IN ('PENDING', 'SENT', 'UNKNOWN')) > 0 AS busy
                   FROM outbound_command c
                   WHERE c.flow = :flow AND c.state = 'COLLECTED' AND c.created_at <= :until AND c.object_id <= (
                     SELECT max(object_id) FROM (
                       SELECT DISTINCT object_id FROM outbound_command
                       WHERE flow = :flow AND state = 'COLLECTED' AND created_at <= :until
                       ORDER BY object_id LIMIT :objects) o)
                   ORDER BY c.object_id, c.version FOR UPDATE OF c"""
            ),
            {"flow": flow, "until": until, "objects": objects},
        )
    ).all()


async def collected_lines(connection: AsyncConnection, flow: str, lines: Sequence[str]) -> Sequence[Row[Any]]:
    """What is collected for these lines, by object and version; the caller holds the lines."""
    return (
        await connection.execute(
            text(
                """SELECT c.*, c.created_at AS at FROM outbound_command c
                   WHERE c.flow = :flow AND c.line = ANY(:lines) AND c.state = 'COLLECTED'
                   ORDER BY c.object_id, c.version FOR UPDATE OF c"""
            ),
            {"flow": flow, "lines": list(lines)},
        )
    ).all()


async def waiting_lines(connection: AsyncConnection, flow: str, limit: int) -> list[str]:
    """Lines for which something is collected, in their order."""
    rows = await connection.execute(
        text(
            """SELECT DISTINCT line FROM outbound_command WHERE flow = :flow AND state = 'COLLECTED'
               ORDER BY line LIMIT :limit"""
        ),
        {"flow": flow, "limit": limit},
    )
    return list(rows.scalars())


def net_effects_of(rows: Sequence[Row[Any]]) -> list[NetEffect]:
    """The net effects of collected rows, given by object and version."""
    groups = by_object(effect_of(row, left=row.sent_at is not None) for row in rows)
    return [net for group in groups for net in net_effects(group)]


async def give_back(connection: AsyncConnection, run_id: UUID) -> None:
    """What the run carries and did not bring to an end waits for the next carrier.

    A CREATE whose answer never came stays UNKNOWN: no carrier may send it, only a person knows.
    """
    await connection.execute(
        text(
            """UPDATE outbound_command SET state = 'COLLECTED', run_id = NULL
               WHERE run_id = :run AND (state IN ('PENDING', 'SENT') OR state = 'UNKNOWN' AND operation <> 'CREATE')"""
        ),
        {"run": run_id},
    )


def _row(command_id: UUID, effect: Effect) -> dict[str, object]:
    return {
        "id": command_id,
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
        "wanted_from": effect.wanted_from,
        "at": effect.at,
    }
