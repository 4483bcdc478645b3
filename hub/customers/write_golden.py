"""The SQL of the golden record: the one place where survived values become rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.customers.survive import FIELDS, Golden, Sourced
from hub.customers.tables import (
    ContactMedium,
    Customer,
    CustomerHistory,
    CustomerProvenance,
    CustomerRelation,
    PostalAddress,
)
from hub.store.ids import named_id
from hub.store.insert import insert_new
from hub.store.metadata import Table
from hub.store.sets import run_set

CHILD_NAMESPACE: Final = UUID("6f1c1a55-7c0c-4f0e-9a5e-0a5a3b1f4b11")

_UPSERT: Final = """
WITH r AS (SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS r(
  id uuid, kind text, name text, given_name text, family_name text, birth_date date, language text, status text,
  customer_number text, tone text, preferred_channel text, value_class text, lifetime_value text, search text,
  deleted boolean, digest text)),
written AS (
  INSERT INTO customer AS c (id, kind, name, given_name, family_name, birth_date, language, status, customer_number,
    tone, preferred_channel, value_class, lifetime_value, search, deleted, version, digest, created_at, updated_at)
  SELECT r.id, kind, name, given_name, family_name, birth_date, language, status, customer_number,
    tone, preferred_channel, value_class, lifetime_value, search, deleted, coalesce(h.version, 0) + 1,
    decode(r.digest, 'hex'), coalesce(h.first, :now), :now
  FROM r CROSS JOIN LATERAL (SELECT max(o.version) AS version, min(o.at) AS first FROM customer_history o
    WHERE o.customer_id = r.id) h
  ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, name = excluded.name, given_name = excluded.given_name,
    family_name = excluded.family_name, birth_date = excluded.birth_date, language = excluded.language,
    status = excluded.status, customer_number = excluded.customer_number, tone = excluded.tone,
    preferred_channel = excluded.preferred_channel, value_class = excluded.value_class,
    lifetime_value = excluded.lifetime_value, search = excluded.search,
    deleted = excluded.deleted, version = c.version + 1, digest = excluded.digest, updated_at = excluded.updated_at
  RETURNING id, version, digest)
INSERT INTO customer_history (customer_id, version, at, digest) SELECT id, version, :now, digest FROM written"""

_PROVENANCE: Final = """
INSERT INTO customer_provenance (customer_id, fields)
SELECT r.id, r.fields FROM json_to_recordset(CAST(:rows AS json)) AS r(id uuid, fields jsonb)
ON CONFLICT (customer_id) DO UPDATE SET fields = excluded.fields"""

_MOVED: Final = f"{_PROVENANCE} WHERE customer_provenance.fields <> excluded.fields"

_CUSTOMER: Final = ("id", *FIELDS, "search", "deleted", "digest", "version", "created_at", "updated_at")
_MEDIUM: Final = ("kind", "value", "label", "preferred", "valid_from", "valid_to")
_ADDRESS: Final = (
    *("street", "house_number", "unit", "postal_code", "locality", "region", "country", "label", "preferred"),
    *("valid_from", "valid_to"),
)
_RELATION: Final = ("kind", "other", "label", "valid_from", "valid_to")
_medium_of: Final = attrgetter(*_MEDIUM)
_address_of: Final = attrgetter(*_ADDRESS)
_relation_of: Final = attrgetter("kind", "to", *_RELATION[2:])
_CHILD: Final = ("id", "customer_id", "system", "external_id", "child_id", "as_of")

_Row: TypeAlias = tuple[object, ...]


class _Stale(NamedTuple):
    """Customers whose children are written anew, and records whose children some customer may hold."""

    customers: Sequence[UUID]
    known: Collection[Node]


async def write_golden(
    connection: AsyncConnection,
    golden: Mapping[UUID, Golden],
    created: Collection[UUID],
    existing: Collection[UUID],
    known: Collection[Node],
    now: datetime,
) -> None:
    """Insert or replace whole golden records, children included; every one given gets a new version.

    Ids in `created` were made just now. One that was merged away and comes back goes on behind its own history. Records
    in `known` had a customer before, who may hold children of theirs.
    """
    ordered = sorted(golden, key=attrgetter("int"))
    await _insert(connection, {i: golden[i] for i in ordered if i in created}, now)
    others = {i: golden[i] for i in ordered if i not in created}
    if others:
        await _rewrite(connection, others, now)
    stale = _Stale([i for i in ordered if i in existing], known)
    media = [_child(i, c, (*_medium_of(c.record), c.key)) for i, g in golden.items() for c in g.media]
    addresses = [_child(i, c, _address_of(c.record)) for i, g in golden.items() for c in g.addresses]
    await _replace(connection, ContactMedium, (*_MEDIUM, "normalised"), media, stale)
    relations = [_child(i, c, _relation_of(c.record)) for i, g in golden.items() for c in g.relations]
    await _replace(connection, PostalAddress, _ADDRESS, addresses, stale)
    await _replace(connection, CustomerRelation, _RELATION, relations, stale)


async def write_origins(connection: AsyncConnection, golden: Mapping[UUID, Golden]) -> None:
    """Who won each value, where that has changed and no value has: it makes no version."""
    if golden:
        ordered = sorted(golden, key=attrgetter("int"))
        await run_set(connection, _MOVED, [{"id": i, "fields": _provenance(golden[i])} for i in ordered])


async def _insert(connection: AsyncConnection, golden: Mapping[UUID, Golden], now: datetime) -> None:
    rows = [(customer_id, *_golden_values(g).values(), 1, now, now) for customer_id, g in golden.items()]
    await insert_new(connection, Customer, _CUSTOMER, rows)
    history = [(customer_id, 1, now, g.digest) for customer_id, g in golden.items()]
    await insert_new(connection, CustomerHistory, ("customer_id", "version", "at", "digest"), history)
    fields = [(customer_id, _provenance(g)) for customer_id, g in golden.items()]
    await insert_new(connection, CustomerProvenance, ("customer_id", "fields"), fields)


async def _rewrite(connection: AsyncConnection, golden: Mapping[UUID, Golden], now: datetime) -> None:
    rows = [{"id": i, **_golden_values(g), "digest": g.digest.hex()} for i, g in golden.items()]
    await run_set(connection, _UPSERT, rows, now=now)
    fields = [{"id": customer_id, "fields": _provenance(g)} for customer_id, g in golden.items()]
    await run_set(connection, _PROVENANCE, fields)


async def _replace(
    connection: AsyncConnection, table: type[Table], own: tuple[str, ...], rows: Sequence[_Row], stale: _Stale
) -> None:
    """Children go with their customer's old version, or by their own id when another customer had them."""
    gone = [{"id": row[0]} for row in rows if (row[2], row[3]) in stale.known]
    gone += [{"customer_id": customer_id} for customer_id in stale.customers]
    if gone:
        await run_set(connection, _clear(table.__tablename__), gone)
    await insert_new(connection, table, (*_CHILD, *own), rows)


def _clear(table: str) -> str:
    return f"""
        DELETE FROM {table} WHERE id = ANY(ARRAY(
          SELECT c.id FROM json_to_recordset(CAST(:rows AS json)) AS r(id uuid, customer_id uuid)
          CROSS JOIN LATERAL (SELECT id FROM {table} o WHERE o.id = r.id
            UNION ALL SELECT id FROM {table} o WHERE o.customer_id = r.customer_id) c))"""  # noqa: S608  constant names


def _golden_values(golden: Golden) -> dict[str, object]:
    """By column; the fields' values are texts."""
    values: dict[str, object] = {name: golden.values[name] for name in FIELDS}
    birth_date = golden.values["birth_date"]
    values["birth_date"] = None if birth_date is None else date.fromisoformat(birth_date)
    return values | {
        "search": (golden.values["name"] or "").lower(),
        "deleted": golden.deleted,
        "digest": golden.digest,
    }


def _provenance(golden: Golden) -> dict[str, object]:
    return {
        name: {
            "system": image.node.system,
            "externalId": image.node.external_id,
            "rule": rule,
        }
        for name, (image, rule) in golden.winners.items()
    }


def _child(customer_id: UUID, child: Sourced, own: tuple[object, ...]) -> _Row:
    node, record = child.image.node, child.record
    name = f"{type(record).__name__}/{node.system}/{node.external_id}/{record.external_id}"
    return (named_id(CHILD_NAMESPACE, name), customer_id, *node, record.external_id, child.image.as_of, *own)
