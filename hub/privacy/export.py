"""Everything the hub holds of a person, as one JSON document with where each part comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.introduce import SELF
from hub.customers.normalise import Spelling
from hub.customers.privacy_tables import PrivacyKind
from hub.customers.resolve import resolved_ids
from hub.errors import Invalid
from hub.flows.quarantined import opened
from hub.privacy.about import ELSEWISE, conditions
from hub.privacy.known_beside import known_beside
from hub.privacy.requests import Receipt, Request, keep_receipts, keep_request, subject_of
from hub.privacy.told import made_there, told_systems
from hub.privacy.whose import Whose, whose
from hub.stewardship.people import records_of
from hub.store.documents import opened_originals, opened_versions
from hub.store.keys import KeyRing

ROWS_MAX: Final = 10_000
"""Of one kind; a person has more by a mistake only, and then a person has to look at it."""

_NAMED: Final[Mapping[str, str]] = {
    "consent_statement": "consentStatements",
    "contact_medium": "contactMedia",
    "correction": "corrections",
    "customer_alias": "formerIds",
    "customer_identifier": "identifiers",
    "customer_relation": "relations",
    "customer_segment": "segments",
    "postal_address": "addresses",
    "sales_order_line": "orderLines",
    "source_record": "statementsOfSystems",
}
"""Parts that are called otherwise than their table."""

UNTOLD: Final[Mapping[str, str]] = {
    "customer_provenance": "told field by field, as the part `provenance`",
    "customer_touch": "numbers of transactions, for an hour, so that no cache tells what is old",
}
"""Tables with rows of a person that his copy leaves out, and why."""

_WITHOUT: Final = (
    "digest",
    "fingerprint",
    "search",
    "home_of",
    "confirm_digest",
    "address_proof",
    "subject_key_id",
    "body",
)
"""Columns that tell nobody anything: keyed hashes, keys, spellings for searches, and what is encrypted."""

_PARTS: Final[Mapping[str, str]] = {
    "provenance": """SELECT jsonb_build_object('field', f.key, 'source', f.value->>'system', 'externalId',
        f.value->>'externalId', 'rule', f.value->>'rule', 'asOf', s.as_of, 'observedAt', s.observed_at)
      FROM customer_provenance p CROSS JOIN LATERAL jsonb_each(p.fields) f JOIN source_record s
        ON s.system = f.value->>'system' AND s.entity = 'customer' AND s.external_id = f.value->>'externalId'
      WHERE p.customer_id = ANY(:ids) ORDER BY f.key""",
    "whoLookedAndChanged": """SELECT to_jsonb(t) - 'digest' - 'seal' - 'id' - 'address' - 'customers' || CASE
        WHEN customers IS NULL THEN '{}' ELSE jsonb_build_object('object_type', 'Customer', 'object_id', (
          SELECT c FROM unnest(customers) c WHERE c = ANY(CAST(:ids AS uuid[])) LIMIT 1)) END FROM audit_event t
      WHERE object_type = 'Customer' AND object_id = ANY(CAST(CAST(:ids AS uuid[]) AS text[]))
        OR customers && CAST(:ids AS uuid[]) ORDER BY t.id""",
}


@dataclass(frozen=True, slots=True)
class Exported:
    """The document, UTF-8 JSON; `counts` tells how many rows each part of it has, `systems` who is asked for theirs."""

    request_id: UUID
    document: bytes
    counts: Mapping[str, int]
    systems: tuple[str, ...]


async def export(
    connection: AsyncConnection, customer_id: UUID, keys: KeyRing, region: str, asked: Request
) -> Exported:
    """Everything of the customer, versions included. NotFound for nobody, Invalid for more than ROWS_MAX of a kind.

    What only a lane beside the one that counts has read of him is his as in an erasure; `region` spells phone numbers.
    """
    (current,) = await resolved_ids(connection, [customer_id])
    nodes = await records_of(connection, current)
    who = await whose(connection, current, [*nodes, *await known_beside(connection, nodes, Spelling(region))])
    parts: dict[str, list[object]] = {}
    for name, statement in {**_tables(), **_PARTS}.items():
        parts[name] = await _rows(connection, name, statement, who)
    parts["quarantine"] = await _quarantine(connection, keys, who)
    parts["history"] = await _history(connection, keys, current)
    counts = {name: len(rows) for name, rows in parts.items() if rows}
    request_id = uuid4()
    head = {"format": "contacthub-export-1", "request": request_id, "customer": current, "at": asked.at}
    document = orjson.dumps({**head, "parts": parts}, option=orjson.OPT_INDENT_2, default=str)
    subject, proof = subject_of(keys, current), keys.proof(document)
    await keep_request(connection, request_id, PrivacyKind.EXPORT, subject, who.ids, asked, counts, {}, proof)
    systems = await _ask_systems(connection, request_id, who, current)
    return Exported(request_id, document, counts, systems)


async def _ask_systems(connection: AsyncConnection, request_id: UUID, who: Whose, current: UUID) -> tuple[str, ...]:
    """Each that knows him may have more of him than the hub takes in: its own people say so, or add their copy."""
    asked_of = [*who.nodes, *await made_there(connection, who)]
    told = await told_systems(connection, who, asked_of)
    receipts = [Receipt(node.system, node.external_id, None) for node in asked_of if node.system != SELF]
    receipts += [Receipt(system, str(current), None) for system in told]
    await keep_receipts(connection, request_id, receipts)
    return tuple(sorted({receipt.system for receipt in receipts}))


def _tables() -> Mapping[str, str]:
    """A part for every table that has rows of a person."""
    without = "".join(f" - '{column}'" for column in _WITHOUT)
    return {
        _NAMED.get(table, table): f"SELECT to_jsonb(t){without} FROM {table} t WHERE {condition} ORDER BY 1"  # noqa: S608  constant names
        for table, condition in conditions().items()
        if table not in {*UNTOLD, "quarantine"}
    }


async def _rows(connection: AsyncConnection, name: str, statement: str, who: Whose) -> list[object]:
    found = await connection.execute(text(f"{statement} LIMIT {ROWS_MAX + 1}"), who.bound(statement))
    rows = list(found.scalars().all())
    if len(rows) > ROWS_MAX:
        raise Invalid(f"the customer has more than {ROWS_MAX} rows of {name}")
    return rows


# What somebody else's key protects told of him when the thing was his.
_QUARANTINED: Final = f"""SELECT t.* FROM quarantine t JOIN subject_key k ON k.id = t.subject_key_id
  WHERE ({ELSEWISE["quarantine"]})
    AND (k.id = ANY(:keys) OR k.subject IN (t.entity || ':' || t.external_id, 'unreadable:' || t.entity))
  ORDER BY t.id LIMIT {ROWS_MAX + 1}"""  # noqa: S608  constant texts


async def _quarantine(connection: AsyncConnection, keys: KeyRing, who: Whose) -> list[object]:
    """What of his could not be applied and waits, or waited: as it came, and as a person corrected it."""
    rows = (await connection.execute(text(_QUARANTINED), who.bound(_QUARANTINED))).all()
    if len(rows) > ROWS_MAX:
        raise Invalid(f"the customer has more than {ROWS_MAX} rows of quarantine")
    ciphers = await keys.ciphers_of(connection, {row.subject_key_id for row in rows if row.body})
    held = [opened(row, ciphers[row.subject_key_id]) if row.subject_key_id in ciphers else None for row in rows]
    return [
        {
            "system": row.system,
            "entity": row.entity,
            "externalId": row.external_id,
            "at": row.at,
            "state": row.state,
            "reason": row.reason,
            "original": None if found is None else found.original.decode(errors="replace"),
            "corrected": None if found is None or found.corrected is None else orjson.loads(found.corrected),
        }
        for row, found in zip(rows, held, strict=True)
    ]


_VERSIONS: Final = text(
    f"""WITH his AS MATERIALIZED (
         SELECT i.system, i.external_id, k.id FROM customer_identifier i
         JOIN subject_key k ON k.system = i.system AND k.subject = i.external_id WHERE i.customer_id = :id)
       SELECT v.* FROM his JOIN document_version v
         ON v.system = his.system AND v.entity = 'customer' AND v.external_id = his.external_id
       UNION ALL SELECT v.* FROM his JOIN document_version v
         ON v.subject_key_id = his.id AND v.entity <> 'customer'
       ORDER BY system, entity, external_id, version LIMIT {ROWS_MAX + 1}"""  # noqa: S608  a constant number
)
"""Kept under his own keys: what he had and somebody else has now, and of what was somebody else's only his time."""


async def _history(connection: AsyncConnection, keys: KeyRing, customer_id: UUID) -> list[object]:
    """Every version of every record of his, oldest first per record, decrypted, and what it was mapped from."""
    rows = (await connection.execute(_VERSIONS, {"id": customer_id})).all()
    if len(rows) > ROWS_MAX:
        raise Invalid(f"the customer has more than {ROWS_MAX} versions")
    documents, originals = await opened_versions(connection, keys, rows), await opened_originals(connection, keys, rows)
    return [
        {
            "system": row.system,
            "entity": row.entity,
            "externalId": row.external_id,
            "version": row.version,
            "asOf": row.as_of,
            "observedAt": row.observed_at,
            "content": None if document is None else orjson.loads(document),
            "original": None if original is None else {"system": original.system, "content": original.body},
        }
        for row, document, original in zip(rows, documents, originals, strict=True)
    ]
