"""Want something of a target: the command is written in the business transaction and leaves by the flow's lane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.exchange.effect import Effect, written_changes
from hub.exchange.order import order, order_all
from hub.exchange.outbound_flow import flow_to
from hub.ports.writing import FieldChange, Operation
from hub.records.customer import Canonical
from hub.records.identity import Entity, ExternalId


@dataclass(frozen=True, slots=True)
class Target:
    """One object at one system; commands that share `line` (the customer) leave one after the other."""

    system: str
    entity: Entity
    external_id: ExternalId
    line: str


@dataclass(frozen=True, slots=True)
class NewObject:
    """An object that a system is to have. `key` is the hub's own for it, for ever: the same key makes it once."""

    system: str
    entity: Entity
    key: str
    line: str


async def want_update(
    connection: AsyncConnection, target: Target, changes: Sequence[FieldChange], now: datetime
) -> UUID | None:
    """Write the command that makes `changes` true at the target, None when no flow leads there.

    The same changes while they are the last on their way give the command that carries them.
    """
    flow = await flow_to(connection, target.system, target.entity)
    if flow is None:
        return None
    version = await _next_version(connection, target, changes, now)
    under_way = await _under_way(connection, target, changes)
    if under_way is not None:
        return under_way
    effect = Effect(
        key=f"{target.system}/{target.entity.value}/{target.external_id}/{version}",
        target=target.system,
        entity=target.entity.value,
        operation=Operation.UPDATE,
        object_id=target.external_id,
        external_id=target.external_id,
        line=f"{target.system}/{target.line}",
        changes=tuple(changes),
        from_version=version,
        version=version,
        wanted_from=now,
        at=now,
    )
    return await order(connection, flow, effect, now)


async def want_create(connection: AsyncConnection, target: NewObject, record: Canonical, now: datetime) -> UUID | None:
    """Write the command that makes `record` at the target, None when no flow leads there.

    The key is stored in the object where the target can hold it. A key that was wanted before gives its command,
    whatever became of it and whatever the record says now: a correction is an update.
    """
    flow = await flow_to(connection, target.system, target.entity)
    if flow is None:
        return None
    return await order(connection, flow, _creation(target, record, now), now)


async def want_creates(
    connection: AsyncConnection, wanted: Sequence[tuple[NewObject, Canonical]], now: datetime
) -> None:
    """As want_create, for objects of one entity at one system, in their order."""
    flow = await flow_to(connection, wanted[0][0].system, wanted[0][0].entity) if wanted else None
    if flow is not None:
        await order_all(connection, flow, [_creation(target, record, now) for target, record in wanted], now)


def _creation(target: NewObject, record: Canonical, now: datetime) -> Effect:
    fields = record.model_dump(mode="json", exclude_none=True)
    return Effect(
        key=target.key,
        target=target.system,
        entity=target.entity.value,
        operation=Operation.CREATE,
        object_id=target.key,
        external_id=None,
        line=f"{target.system}/{target.line}",
        changes=tuple(FieldChange((name,), None, value) for name, value in fields.items()),
        from_version=1,
        version=1,
        wanted_from=now,
        at=now,
    )


async def want_delete(connection: AsyncConnection, target: Target, now: datetime) -> UUID | None:
    """Write the command that removes the object at the target, at once whatever the lane; None without a flow there.

    Wanted once: a repeat gives the command that there is, whatever became of it.
    """
    flow = await flow_to(connection, target.system, target.entity)
    if flow is None:
        return None
    version = await _next_version(connection, target, (), now)
    effect = Effect(
        key=f"{target.system}/{target.entity.value}/{target.external_id}/delete",
        target=target.system,
        entity=target.entity.value,
        operation=Operation.DELETE,
        object_id=target.external_id,
        external_id=target.external_id,
        line=f"{target.system}/{target.line}",
        changes=(),
        from_version=version,
        version=version,
        wanted_from=now,
        at=now,
    )
    return await order(connection, flow, effect, now)


async def _under_way(connection: AsyncConnection, target: Target, changes: Sequence[FieldChange]) -> UUID | None:
    """The object's last command, or the net effect that took its place, when it wants the same and is not through.

    Only the last: behind it an equal one from before would be undone.
    """
    command: UUID | None = await connection.scalar(
        text(
            """SELECT coalesce(net.id, last.id) FROM (
                 SELECT c.id, c.state, c.carried_by, c.changes FROM outbound_command c
                 WHERE c.target = :target AND c.entity = :entity AND c.external_id = :id AND c.operation = 'UPDATE'
                 ORDER BY c.version DESC, c.from_version DESC LIMIT 1) last
               LEFT JOIN outbound_command net ON net.id = last.carried_by
               WHERE last.changes = CAST(:changes AS jsonb)
                 AND coalesce(net.state, last.state) IN ('COLLECTED', 'PENDING', 'SENT', 'UNKNOWN')"""
        ),
        {
            "target": target.system,
            "entity": target.entity.value,
            "id": target.external_id,
            "changes": written_changes(changes),
        },
    )
    return command


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
