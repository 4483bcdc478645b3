"""One effect wanted at a target, and what several of them come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Row

from hub.ports.writing import FieldChange, Operation


@dataclass(frozen=True, slots=True)
class Effect:
    """What one command does, told without the lane that carries it.

    `object_id` is the external id, or the key of a CREATE. `version` counts the changes wanted of the object; an effect
    that stands for several spans `from_version` to `version`, wanted from `wanted_from` to `at`. `left`: it may have
    been sent already, so it goes alone and under its own key.
    """

    key: str
    target: str
    entity: str
    operation: Operation
    object_id: str
    external_id: str | None
    line: str
    changes: tuple[FieldChange, ...]
    from_version: int
    version: int
    wanted_from: datetime
    at: datetime
    left: bool = False


@dataclass(frozen=True, slots=True)
class NetEffect:
    """What `members` come to; None where they take back each other."""

    effect: Effect | None
    members: tuple[Effect, ...]


def net_effects(effects: Sequence[Effect]) -> list[NetEffect]:
    """The net effects of one object's `effects`, given in order of version and answered in that order.

    Neighbouring updates become one (A to B, B to C: A to C). A CREATE, a DELETE and what may have left stand alone.
    """
    nets: list[NetEffect] = []
    for foldable, group in groupby(effects, _is_foldable):
        members = tuple(group)
        nets += [NetEffect(_net_of(members), members)] if foldable else [NetEffect(one, (one,)) for one in members]
    return nets


def composed(changes: Iterable[FieldChange]) -> tuple[FieldChange, ...]:
    """One change per path, from the first old value to the last new one; none where these are equal.

    Where the next old value is not the last new one the target has moved by itself: what came before is void, and the
    composition starts again from what the hub saw then.
    """
    net: dict[tuple[str, ...], FieldChange] = {}
    for change in changes:
        before = net.get(change.path)
        net[change.path] = change if before is None or before.new != change.old else replace(change, old=before.old)
    return tuple(change for change in net.values() if change.old != change.new)


def _is_foldable(effect: Effect) -> bool:
    return effect.operation is Operation.UPDATE and not effect.left


def _net_of(members: tuple[Effect, ...]) -> Effect | None:
    changes = composed(change for member in members for change in member.changes)
    if not changes:
        return None
    first, last = members[0], members[-1]
    if first is last:
        return first
    key = f"{last.target}/{last.entity}/{last.object_id}/{first.from_version}-{last.version}"
    return replace(last, key=key, changes=changes, from_version=first.from_version, wanted_from=first.wanted_from)


def by_object(effects: Iterable[Effect]) -> list[list[Effect]]:
    """Effects that come in order of object and version, one list per object."""
    return [list(group) for _, group in groupby(effects, lambda effect: effect.object_id)]


def changes_json(changes: Sequence[FieldChange]) -> list[Mapping[str, object]]:
    """Changes as the column `changes` holds them."""
    return [{"path": list(change.path), "old": change.old, "new": change.new} for change in changes]


def read_changes(column: Iterable[Mapping[str, Any]]) -> tuple[FieldChange, ...]:  # Any: JSON from the database
    """The changes of a row."""
    return tuple(FieldChange(tuple(change["path"]), change["old"], change["new"]) for change in column)


def effect_of(row: Row[Any], left: bool = False) -> Effect:  # Any: the columns of either table of commands
    """The effect of a row with the columns that outbound_command and shadow_command share, and `at`."""
    return Effect(
        key=row.key,
        target=row.target,
        entity=row.entity,
        operation=Operation(row.operation),
        object_id=row.object_id,
        external_id=row.external_id,
        line=row.line,
        changes=read_changes(row.changes),
        from_version=row.from_version,
        version=row.version,
        wanted_from=row.wanted_from,
        at=row.at,
        left=left,
    )
