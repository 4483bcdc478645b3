"""Want something of a target: the command is written in the business transaction and leaves through dispatch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.ports.writing import FieldChange, Operation
from hub.records.identity import Entity, ExternalId
from hub.work.dispatch import dispatch
from hub.work.tables import Queue
from hub.work.work import NewWork

SEND = "outbound.send"
"""Kind of the dispatch rows that send one command; payload {"command": UUID}."""


@dataclass(frozen=True, slots=True)
class Target:
    """One object at one system; commands that share `line` (the customer) leave one after the other."""

    system: str
    entity: Entity
    external_id: ExternalId
    line: str


async def want_update(
    connection: AsyncConnection, target: Target, changes: Sequence[FieldChange], now: datetime
) -> UUID | None:
    """Write the command that makes `changes` true at the target, None when no flow leads there.

    The same changes while they are still on their way give the command that carries them.
    """
    flow = (
        await connection.execute(
            text(
                """SELECT f.name, l.cadence FROM information_flow f
                   JOIN lane l ON l.flow = f.name AND l.mode = 'AUTHORITATIVE'
                   WHERE f.target = :target AND f.entity = :entity AND NOT f.planned ORDER BY f.name LIMIT 1"""
            ),
            {"target": target.system, "entity": target.entity.value},
        )
    ).one_or_none()
    if flow is None:
        return None
    written = orjson.dumps([{"path": c.path, "old": c.old, "new": c.new} for c in changes]).decode()
    version = await _next_version(connection, target, changes, now)
    under_way: UUID | None = await connection.scalar(
        text(
            """SELECT id FROM outbound_command WHERE target = :target AND entity = :entity AND external_id = :id
               AND state IN ('PENDING', 'SENT') AND changes = CAST(:changes AS jsonb)"""
        ),
        {"target": target.system, "entity": target.entity.value, "id": target.external_id, "changes": written},
    )
    if under_way is not None:
        return under_way
    command_id = uuid4()
    await connection.execute(
        text(
            """INSERT INTO outbound_command (id, key, flow, target, entity, operation, external_id, changes, created_at)
               VALUES (:id, :key, :flow, :target, :entity, :operation, :external_id, CAST(:changes AS jsonb), :now)"""
        ),
        {
            "id": command_id,
            "key": f"{target.system}/{target.entity.value}/{target.external_id}/{version}",
            "flow": flow.name,
            "target": target.system,
            "entity": target.entity.value,
            "operation": Operation.UPDATE.value,
            "external_id": target.external_id,
            "changes": written,
            "now": now,
        },
    )
    queue = Queue.REALTIME if flow.cadence == "REAL_TIME" else Queue(flow.cadence.lower())
    work = NewWork(
        kind=SEND,
        queue=queue,
        payload={"command": str(command_id)},
        line=f"{target.system}/{target.line}",
        dedupe_key=f"command:{command_id}",
        context={"flow": flow.name},
    )
    await dispatch(connection, [work], now)
    return command_id


async def _next_version(
    connection: AsyncConnection, target: Target, changes: Sequence[FieldChange], now: datetime
) -> int:
    wanted = orjson.dumps({"/".join(change.path): change.new for change in changes}).decode()
    version: int = await connection.scalar(
        text(
            """INSERT INTO target_image AS t (target, entity, external_id, version, wanted, updated_at)
               VALUES (:target, :entity, :id, 1, CAST(:wanted AS jsonb), :now)
               ON CONFLICT (target, entity, external_id) DO UPDATE SET version = t.version + 1,
                 wanted = t.wanted || excluded.wanted, updated_at = excluded.updated_at
               RETURNING version"""
        ),
        {
            "target": target.system,
            "entity": target.entity.value,
            "id": target.external_id,
            "wanted": wanted,
            "now": now,
        },
    )
    return version
