"""Want something of a target: the command is written in the business transaction and leaves by the flow's lane."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.exchange.effect import Effect, changes_json
from hub.exchange.order import order, order_all, order_each
from hub.exchange.outbound_flow import OutboundFlow, flow_to
from hub.ports.writing import FieldChange, Operation
from hub.records.customer import Canonical
from hub.records.identity import Entity, ExternalId
from hub.store.sets import run_set


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
    (command,) = await want_updates(connection, [(target, changes)], now)
    return command


async def want_updates(
    connection: AsyncConnection,
    wanted: Sequence[tuple[Target, Sequence[FieldChange]]],
    now: datetime,
    *,
    at_once: bool = False,
) -> list[UUID | None]:
    """As want_update, for each of `wanted` in its order; no object may stand twice among them.

    `at_once`: they wait for no batch, whatever the flow's lane.
    """
    places: dict[tuple[str, Entity], list[int]] = defaultdict(list)
    for place, (target, _) in enumerate(wanted):
        places[target.system, target.entity].append(place)
    commands: list[UUID | None] = [None] * len(wanted)
    for (system, entity), at_system in sorted(places.items()):
        flow = await flow_to(connection, system, entity)
        if flow is None:
            continue
        made = await _updates(connection, flow, [wanted[place] for place in at_system], now, at_once=at_once)
        for place, command in zip(at_system, made, strict=True):
            commands[place] = command
    return commands


async def _updates(
    connection: AsyncConnection,
    flow: OutboundFlow,
    wanted: Sequence[tuple[Target, Sequence[FieldChange]]],
    now: datetime,
    *,
    at_once: bool,
) -> list[UUID]:
    """The command of each, of objects of one entity at one system."""
    versions = await _next_versions(connection, wanted, now)
    commands = await _under_way(connection, wanted)
    effects = [
        _update(target, changes, versions[target.external_id], now)
        for target, changes in wanted
        if target.external_id not in commands
    ]
    made = await order_each(connection, flow, effects, now, at_once=at_once) if effects else {}
    commands |= {effect.object_id: made[effect.key] for effect in effects}
    return [commands[target.external_id] for target, _ in wanted]


def _update(target: Target, changes: Sequence[FieldChange], version: int, now: datetime) -> Effect:
    return Effect(
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
    version = (await _next_versions(connection, [(target, ())], now))[target.external_id]
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


_UNDER_WAY: Final = """
SELECT r.external_id, coalesce(net.id, last.id) AS id
FROM json_to_recordset(CAST(:rows AS json)) AS r(external_id text, changes jsonb)
CROSS JOIN LATERAL (
  SELECT c.id, c.state, c.carried_by, c.changes FROM outbound_command c
  WHERE c.target = :target AND c.entity = :entity AND c.external_id = r.external_id AND c.operation = 'UPDATE'
  ORDER BY c.version DESC, c.from_version DESC LIMIT 1) last
LEFT JOIN outbound_command net ON net.id = last.carried_by
WHERE last.changes = r.changes AND coalesce(net.state, last.state) IN ('COLLECTED', 'PENDING', 'SENT', 'UNKNOWN')"""

_NEXT_VERSIONS: Final = """
INSERT INTO target_image AS t (target, entity, external_id, version, wanted, updated_at)
SELECT :target, :entity, r.external_id, 1, r.wanted, :now
FROM json_to_recordset(CAST(:rows AS json)) AS r(external_id text, wanted jsonb) ORDER BY r.external_id
ON CONFLICT (target, entity, external_id) DO UPDATE SET version = t.version + 1,
  wanted = t.wanted || excluded.wanted, updated_at = excluded.updated_at
RETURNING external_id, version"""


async def _under_way(
    connection: AsyncConnection, wanted: Sequence[tuple[Target, Sequence[FieldChange]]]
) -> dict[str, UUID]:
    """By external id the object's last command, or the net effect that took its place, when it wants the same and is
    not through.

    Only the last: behind it an equal one from before would be undone.
    """
    rows = [{"external_id": target.external_id, "changes": changes_json(changes)} for target, changes in wanted]
    system, entity = wanted[0][0].system, wanted[0][0].entity.value
    found = await run_set(connection, _UNDER_WAY, rows, target=system, entity=entity)
    return {row.external_id: row.id for row in found}


async def _next_versions(
    connection: AsyncConnection, wanted: Sequence[tuple[Target, Sequence[FieldChange]]], now: datetime
) -> dict[str, int]:
    """By external id; in the order of the ids, so that no two transactions wait for each other."""
    rows = [
        {"external_id": target.external_id, "wanted": {"/".join(change.path): change.new for change in changes}}
        for target, changes in wanted
    ]
    system, entity = wanted[0][0].system, wanted[0][0].entity.value
    found = await run_set(connection, _NEXT_VERSIONS, rows, target=system, entity=entity, now=now)
    return {row.external_id: row.version for row in found}
