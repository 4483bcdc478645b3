"""Decide a conflict: the value counts at once, and leaves for every source that says otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.changes import changes_of
from hub.customers.closure import Held
from hub.customers.conflict import Case, resolved, thawed
from hub.customers.conflict_tables import ConflictState
from hub.customers.distribute import target_of
from hub.customers.identifiers import Node
from hub.customers.keep_conflicts import case_of, write_cases
from hub.customers.normalise import Spelling
from hub.customers.read_sources import images_of
from hub.customers.recognise import Rules, recognise
from hub.customers.survive import spoken
from hub.errors import Conflict, Invalid, NotFound
from hub.exchange.want import want_update
from hub.live.publish import publish
from hub.ports.writing import FieldChange
from hub.stewardship.people import hold
from hub.stewardship.pin import checked_value
from hub.store.audit import Deed, record_deed

_FOUND: Final = text("SELECT * FROM field_conflict WHERE id = :id FOR UPDATE")


@dataclass(frozen=True, slots=True)
class Take:
    """A value of the steward's own, or that of one of the sides; None as `value` says that there is none."""

    value: str | None = None
    side: Node | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A record that said otherwise; `command_id` is what was sent there, None where no flow leads."""

    node: Node
    old: str | None
    command_id: UUID | None


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a decision came to."""

    customer_id: UUID
    field: str
    value: str | None
    told: Sequence[Told]


@dataclass(frozen=True, slots=True)
class _Case:
    """A conflict whose customer is held."""

    customer_id: UUID
    field: str
    case: Case
    nodes: Sequence[Node]


async def resolve_conflict(
    connection: AsyncConnection, conflict: UUID, take: Take, principal: str, rules: Rules, now: datetime
) -> Resolved:
    """The field has this value until its sources agree again, or one of them says something new.

    NotFound for no such conflict, Conflict for a closed one, Invalid for a value that the field cannot have or a
    record that is no side of it.
    """
    held = await _hold(connection, conflict, rules)
    if held.case.state is ConflictState.CLOSED:
        raise Conflict("the sources agree already")
    value = _taken(held, take)
    await _keep(connection, held, resolved(held.case, value, principal, now), "resolveConflict", principal, rules, now)
    told = []
    for node, image in sorted((await images_of(connection, held.nodes)).items()):
        old = spoken(image, held.field)
        if not image.deleted and old != value:
            change = FieldChange((held.field,), old, value)
            command = await want_update(connection, target_of(node, held.customer_id), [change], now)
            told.append(Told(node, old, command))
    return Resolved(held.customer_id, held.field, value, told)


async def thaw_conflict(
    connection: AsyncConnection, conflict: UUID, principal: str, rules: Rules, now: datetime
) -> UUID:
    """The rules decide the field again; returns whose. Conflict when it is neither frozen nor resolved."""
    held = await _hold(connection, conflict, rules)
    if held.case.state not in (ConflictState.FROZEN, ConflictState.RESOLVED):
        raise Conflict("the rules decide this field already")
    await _keep(connection, held, thawed(held.case, now), "thawConflict", principal, rules, now)
    return held.customer_id


async def _hold(connection: AsyncConnection, conflict: UUID, rules: Rules) -> _Case:
    customer = await connection.scalar(
        text("SELECT c.id FROM field_conflict f JOIN customer c ON c.id = f.customer_id WHERE f.id = :id"),
        {"id": conflict},
    )
    if customer is None:
        raise NotFound("there is no such conflict")
    nodes = (await hold(connection, [customer], Spelling(rules.region)))[customer]
    row = (await connection.execute(_FOUND, {"id": conflict})).one()
    return _Case(customer, row.field, case_of(row), nodes)


def _taken(held: _Case, take: Take) -> str | None:
    if take.side is None:
        return checked_value(held.field, take.value)
    said: Mapping[Node, str] = {side.node: side.value for side in held.case.sides}
    if take.side not in said:
        raise Invalid("this record is no side of the conflict", ("take", "source"))
    return said[take.side]


async def _keep(
    connection: AsyncConnection, held: _Case, case: Case, what: str, principal: str, rules: Rules, now: datetime
) -> None:
    await write_cases(connection, {held.customer_id: {held.field: case}})
    recognised = await recognise(connection, held.nodes, Held(), rules, now, Spelling(rules.region))
    await publish(connection, changes_of(recognised), now)
    deed = Deed(principal, what, "Customer", str(held.customer_id), detail={"field": held.field})
    await record_deed(connection, deed, now)
