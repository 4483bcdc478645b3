"""What a replay would do, found out by doing it and taking it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.project_belongings import TABLE_OF
from hub.flows.quarantine_replay import REPLAYED_AT_ONCE, Replayed, replay
from hub.flows.quarantined import Chosen, held
from hub.flows.terms import Terms
from hub.records.identity import Entity

Fields: TypeAlias = Mapping[str, object]
Object: TypeAlias = tuple[str, Entity, str]
"""System, entity and external id."""

_CUSTOMER: Final = """
SELECT i.external_id, jsonb_build_object('kind', c.kind, 'name', c.name, 'given_name', c.given_name,
  'family_name', c.family_name, 'birth_date', c.birth_date, 'language', c.language, 'status', c.status,
  'customer_number', c.customer_number, 'tone', c.tone, 'preferred_channel', c.preferred_channel,
  'value_class', c.value_class, 'lifetime_value', c.lifetime_value, 'deleted', c.deleted,
  'contact_media', (SELECT jsonb_agg(to_jsonb(m) - '{id,customer_id,as_of}'::text[] ORDER BY m.kind, m.normalised)
    FROM contact_medium m WHERE m.customer_id = c.id),
  'addresses', (SELECT jsonb_agg(to_jsonb(a) - '{id,customer_id,as_of}'::text[] ORDER BY a.system, a.child_id)
    FROM postal_address a WHERE a.customer_id = c.id),
  'identifiers', (SELECT jsonb_agg(o.system || '/' || o.external_id ORDER BY o.system, o.external_id)
    FROM customer_identifier o WHERE o.customer_id = c.id)) AS fields
FROM customer_identifier i JOIN customer c ON c.id = i.customer_id
WHERE i.system = :system AND i.external_id = ANY(:ids)"""

_BELONGING: Final = """
SELECT b.external_id, to_jsonb(b) - '{{id,as_of,observed_at,version}}'::text[] AS fields
FROM {table} b WHERE b.system = :system AND b.external_id = ANY(:ids)"""


@dataclass(frozen=True, slots=True)
class Preview:
    """What would come of one object, and the names of the golden fields that would change; `new` has none yet."""

    would: Replayed
    changed: tuple[str, ...]
    new: bool


async def preview(connection: AsyncConnection, terms: Terms, chosen: Chosen, now: datetime) -> list[Preview]:
    """As `replay`, with nothing kept: it is done inside a savepoint that is rolled back. Raises what replay raises."""
    objects = await held(connection, terms.keys, chosen, REPLAYED_AT_ONCE)
    known = [(one.system, one.entity, one.external_id) for one in objects if one.external_id is not None]
    before = await _golden(connection, known)
    savepoint = await connection.begin_nested()
    try:
        replayed = await replay(connection, terms, chosen, "preview", now)
        after = await _golden(connection, known)
    finally:
        await savepoint.rollback()
    return [_difference(one, before, after) for one in replayed]


def _difference(one: Replayed, before: Mapping[Object, Fields], after: Mapping[Object, Fields]) -> Preview:
    if one.external_id is None:
        return Preview(one, (), new=False)
    key = (one.system, one.entity, one.external_id)
    old, now = before.get(key, {}), after.get(key, {})
    changed = tuple(sorted(name for name in {*old, *now} if old.get(name) != now.get(name)))
    return Preview(one, changed, new=not old and bool(now))


async def _golden(connection: AsyncConnection, objects: Sequence[Object]) -> Mapping[Object, Fields]:
    """The golden values that the objects have a part in."""
    found: dict[Object, Fields] = {}
    for system, entity in sorted({(system, entity) for system, entity, _ in objects}):
        ids = [external_id for s, e, external_id in objects if (s, e) == (system, entity)]
        statement = _CUSTOMER if entity is Entity.CUSTOMER else _BELONGING.format(table=TABLE_OF[entity])
        for row in await connection.execute(text(statement), {"system": system, "ids": ids}):
            found[system, entity, row.external_id] = row.fields
    return found
