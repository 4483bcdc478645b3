"""The SQL of the golden record: the one place where survived values become rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.survive import FIELDS, Golden, Sourced
from hub.store.sets import run_set

CHILD_NAMESPACE: Final = UUID("6f1c1a55-7c0c-4f0e-9a5e-0a5a3b1f4b11")

_UPSERT: Final = """
WITH r AS (SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS r(
  id uuid, kind text, name text, given_name text, family_name text, birth_date date, language text, status text,
  customer_number text, search text, deleted boolean, digest text)),
written AS (
  INSERT INTO customer AS c (id, kind, name, given_name, family_name, birth_date, language, status, customer_number,
    search, deleted, version, digest, created_at, updated_at)
  SELECT r.id, kind, name, given_name, family_name, birth_date, language, status, customer_number,
    search, deleted, coalesce(h.version, 0) + 1, decode(r.digest, 'hex'), coalesce(h.first, :now), :now
  FROM r CROSS JOIN LATERAL (SELECT max(o.version) AS version, min(o.at) AS first FROM customer_history o
    WHERE o.customer_id = r.id) h
  ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, name = excluded.name, given_name = excluded.given_name,
    family_name = excluded.family_name, birth_date = excluded.birth_date, language = excluded.language,
    status = excluded.status, customer_number = excluded.customer_number, search = excluded.search,
    deleted = excluded.deleted, version = c.version + 1, digest = excluded.digest, updated_at = excluded.updated_at
  RETURNING id, version, digest)
INSERT INTO customer_history (customer_id, version, at, digest) SELECT id, version, :now, digest FROM written"""

_PROVENANCE: Final = """
INSERT INTO customer_provenance (customer_id, fields)
SELECT r.id, r.fields FROM json_to_recordset(CAST(:rows AS json)) AS r(id uuid, fields jsonb)
ON CONFLICT (customer_id) DO UPDATE SET fields = excluded.fields"""

_MEDIA: Final = """
INSERT INTO contact_medium (id, customer_id, kind, value, normalised, label, preferred, valid_from, valid_to,
  system, external_id, child_id, as_of)
SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS r(id uuid, customer_id uuid, kind text, value text,
  normalised text, label text, preferred boolean, valid_from timestamptz, valid_to timestamptz,
  system text, external_id text, child_id text, as_of timestamptz)"""

_ADDRESSES: Final = """
INSERT INTO postal_address (id, customer_id, street, house_number, unit, postal_code, locality, region, country,
  label, preferred, system, external_id, child_id, as_of)
SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS r(id uuid, customer_id uuid, street text, house_number text,
  unit text, postal_code text, locality text, region text, country text, label text, preferred boolean,
  system text, external_id text, child_id text, as_of timestamptz)"""


async def write_golden(
    connection: AsyncConnection, golden: Mapping[UUID, Golden], existing: frozenset[UUID], now: datetime
) -> None:
    """Insert or replace whole golden records, children included; every one given gets a new version.

    One that was merged away and comes back goes on behind its own history.
    """
    ordered = sorted(golden, key=attrgetter("int"))
    await run_set(connection, _UPSERT, [_row(customer_id, golden[customer_id]) for customer_id in ordered], now=now)
    await run_set(connection, _PROVENANCE, [_provenance(customer_id, g) for customer_id, g in golden.items()])
    media = [_child(customer_id, child) for customer_id, g in golden.items() for child in g.media]
    addresses = [_child(customer_id, child) for customer_id, g in golden.items() for child in g.addresses]
    rewritten = [str(customer_id) for customer_id in existing & golden.keys()]
    for table, insert, rows in (("contact_medium", _MEDIA, media), ("postal_address", _ADDRESSES, addresses)):
        stale = [{"id": row["id"]} for row in rows] + [{"customer_id": customer_id} for customer_id in rewritten]
        await run_set(connection, _clear(table), stale)
        await run_set(connection, insert, rows)


def _clear(table: str) -> str:
    """Children go with their customer's old version, or by their own id when another customer had them."""
    return f"""
        DELETE FROM {table} WHERE id = ANY(ARRAY(
          SELECT c.id FROM json_to_recordset(CAST(:rows AS json)) AS r(id uuid, customer_id uuid)
          CROSS JOIN LATERAL (SELECT id FROM {table} o WHERE o.id = r.id
            UNION ALL SELECT id FROM {table} o WHERE o.customer_id = r.customer_id) c))"""  # noqa: S608  constant names


def _row(customer_id: UUID, golden: Golden) -> dict[str, object]:
    return {
        "id": customer_id,
        **{name: golden.values[name] for name in FIELDS},
        "search": (golden.values["name"] or "").lower(),
        "deleted": golden.deleted,
        "digest": golden.digest.hex(),
    }


def _provenance(customer_id: UUID, golden: Golden) -> dict[str, object]:
    fields = {
        name: {
            "system": image.node.system,
            "externalId": image.node.external_id,
            "rule": rule.value,
        }
        for name, (image, rule) in golden.winners.items()
    }
    return {"id": customer_id, "fields": fields}


def _child(customer_id: UUID, child: Sourced) -> dict[str, object]:
    node, record = child.image.node, child.record
    return {
        **child.values,
        "id": uuid5(CHILD_NAMESPACE, f"{type(record).__name__}/{node.system}/{node.external_id}/{record.external_id}"),
        "customer_id": customer_id,
        "normalised": child.key,
        "system": node.system,
        "external_id": node.external_id,
        "child_id": record.external_id,
        "as_of": child.image.as_of,
    }
