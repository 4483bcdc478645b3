"""Tryton's records as source objects: children as lists in id order, newest stamp, fingerprint."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import TypeAlias

import orjson

from adapters.tryton.entities import STAMP, ChildModel, EntityModel
from adapters.tryton.session import Session
from adapters.tryton.wire import WireValue, instant, row_id, rows_of
from hub.records.identity import Entity, ExternalId
from hub.records.source import JsonObject, JsonValue, SourceObject

Children: TypeAlias = Mapping[str, Sequence[JsonObject]]


async def read_objects(
    session: Session,
    entity: Entity,
    domain: Sequence[WireValue],
    order: Sequence[str] = ("id",),
    limit: int | None = None,
) -> list[SourceObject]:
    """The entity's objects that `domain` chooses, in `order`, `as_of` their own stamps."""
    model = session.model_of(entity)
    rows = await session.search(model.model, [*model.domain, *domain], model.all_fields, order, limit)
    children = {child.key: _nested(rows, child) for child in model.children if child.nested}
    for child in model.children:
        if not child.nested:
            fields = (*child.fields, child.owner, STAMP)
            children[child.key] = await children_of(session, child, [row_id(row) for row in rows], fields)
    return [_object(entity, model, row, {key: lists[row_id(row)] for key, lists in children.items()}) for row in rows]


async def children_of(
    session: Session, child: ChildModel, owners: Sequence[int], fields: Sequence[str]
) -> Mapping[int, Sequence[JsonObject]]:
    """The child rows of some parents in id order, by parent; `fields` must name the owner's."""
    found: defaultdict[int, list[JsonObject]] = defaultdict(list)
    if owners:
        for row in await session.search(child.model, [(child.owner, "in", owners)], fields):
            owner = row[child.owner]
            if isinstance(owner, int):
                found[owner].append(row)
    return found


def fingerprint_of(model: EntityModel, row: JsonObject, children: Children) -> str:
    """Equal for two reads exactly when parent and children are the same rows with the same stamps, or contents."""
    digest = blake2b(f"{model.model},{row_id(row)},{row[STAMP]}".encode(), digest_size=16)
    for child in model.children:
        for below in children[child.key]:
            digest.update(f"\n{child.model},{row_id(below)},{_compared(child, below)}".encode())
    return digest.hexdigest()


def _compared(child: ChildModel, row: JsonObject) -> JsonValue:
    """A nested row has its own id in it, from wherever it is read."""
    if child.stamped:
        return row[STAMP]
    return orjson.dumps({name.partition(".")[0]: row[name.partition(".")[0]] for name in child.fields}).decode()


def _object(entity: Entity, model: EntityModel, row: JsonObject, children: Children) -> SourceObject:
    stamp = max(_stamps(model, row, children))
    return SourceObject(
        entity=entity,
        external_id=ExternalId(str(row_id(row))),
        body={**row, **_percentages(model, row), **children},
        as_of=stamp,
        stamp=stamp,
        fingerprint=fingerprint_of(model, row, children),
    )


def _percentages(model: EntityModel, row: JsonObject) -> JsonObject:
    shares = ((name, row[name]) for name in model.shares)
    return {f"{name}_percent": round(share * 100) for name, share in shares if isinstance(share, int | float)}


def _stamps(model: EntityModel, row: JsonObject, children: Children) -> Iterable[datetime]:
    yield instant(row[STAMP])
    for child in model.children:
        if child.stamped:
            for below in children[child.key]:
                yield instant(below[STAMP])


def _nested(rows: Sequence[JsonObject], child: ChildModel) -> Mapping[int, Sequence[JsonObject]]:
    return {row_id(row): [_with_ends(below, child) for below in _in_id_order(row[child.key])] for row in rows}


def _with_ends(row: JsonObject, child: ChildModel) -> JsonObject:
    days = ((name, row[name]) for name in child.last_days)
    ends = {f"{name}_after": day for name, last in days if isinstance(last, str) and (day := _day_after(last))}
    return {**row, **ends} if ends else row


def _day_after(day: str) -> str | None:
    """None for the last day that there is."""
    return None if day == date.max.isoformat() else (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def _in_id_order(children: JsonValue) -> Sequence[JsonObject]:
    # Tryton lists children in the user's own sequence, which a person may change without any child changing.
    return sorted(rows_of(children), key=row_id)
