"""What a customer had at a past moment: the versions of his orders, holdings and the rest that were his by then.

A version is his when it was kept under the data key of one of his records, so that a thing that changed hands is
told of whoever had it at that moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Generic, TypeVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.records.belongings import Belonging
from hub.records.catalogue import RECORD_OF
from hub.records.identity import Entity
from hub.store.documents import opened_versions
from hub.store.keys import KeyRing

BELONGINGS_MAX: Final = 1_000
"""Of one kind and customer, those that were stated last by then."""

BelongingT = TypeVar("BelongingT", bound=Belonging)

# The newest version of each object is looked at once more by its owner: it may have been somebody else's by then.
_VERSIONS: Final = text(
    """WITH his AS MATERIALIZED (
         SELECT k.id FROM customer_identifier i
         JOIN subject_key k ON k.system = i.system AND k.subject = i.external_id
         WHERE i.customer_id = :id AND k.wrapped IS NOT NULL),
       objects AS (
         SELECT DISTINCT v.system, v.external_id FROM his JOIN document_version v ON v.subject_key_id = his.id
         WHERE v.entity = :entity AND v.entity <> 'customer' AND v.observed_at <= :at)
       SELECT l.* FROM objects o
       CROSS JOIN LATERAL (
         SELECT v.system, v.entity, v.external_id, v.version, v.as_of, v.observed_at, v.subject_key_id, v.body
         FROM document_version v
         WHERE v.system = o.system AND v.entity = :entity AND v.external_id = o.external_id AND v.observed_at <= :at
         ORDER BY v.version DESC LIMIT 1) l
       LEFT JOIN source_record s ON s.system = l.system AND s.entity = :entity AND s.external_id = l.external_id
       WHERE l.subject_key_id IN (SELECT id FROM his)
         AND (s.deleted_as_of IS NULL OR s.deleted_as_of < l.as_of OR s.deleted_as_of > :at)
       ORDER BY l.as_of DESC, l.system, l.external_id LIMIT :most"""
)


@dataclass(frozen=True, slots=True)
class PastBelonging(Generic[BelongingT]):
    """What one system said of one thing; `as_of` in source time, `observed_at` in the hub's."""

    system: str
    external_id: str
    as_of: datetime
    observed_at: datetime
    record: BelongingT


async def belongings_at(
    connection: AsyncConnection, customer_id: UUID, keys: KeyRing, kind: type[BelongingT], at: datetime
) -> Sequence[PastBelonging[BelongingT]]:
    """His things of one kind as the hub knew them at `at`, in its own time; newest statement first.

    `customer_id` is a current one, not a merged one. What its source had deleted by then is left out.
    """
    given = {"id": customer_id, "entity": _entity_of(kind).value, "at": at, "most": BELONGINGS_MAX}
    rows = (await connection.execute(_VERSIONS, given)).all()
    documents = await opened_versions(connection, keys, rows)
    return [
        PastBelonging(row.system, row.external_id, row.as_of, row.observed_at, kind.model_validate_json(document))
        for row, document in zip(rows, documents, strict=True)
        if document is not None
    ]


def _entity_of(kind: type[Belonging]) -> Entity:
    return next(entity for entity, record in RECORD_OF.items() if record is kind)
