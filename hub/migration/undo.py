"""The undo list: what the failed lane has brought about since the cut-over, for a person to look at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.migration.stored import Migration

LISTED_MAX: Final = 10_000
"""Entries of one list; all of them are counted."""


class UndoKind(StrEnum):
    """RECORD: golden fields won by a version that the lane brought in. COMMAND: an effect that went, or goes, out."""

    RECORD = "RECORD"
    COMMAND = "COMMAND"


@dataclass(frozen=True, slots=True)
class UndoItem:
    """One thing to look at. `stands`: nothing has taken its place and the source has not confirmed it since.

    `fields` are the golden fields that the object won, or that the command changed; empty: all of the object.
    `hub_key`: of a new object whose id at the system nobody knows (yet) the key under which the hub asked for it, and
    by which it may be found there; `external_id` is the same then.
    """

    kind: UndoKind
    system: str
    entity: str
    external_id: str
    fields: tuple[str, ...]
    at: datetime
    stands: bool
    customer: UUID | None = None
    command: UUID | None = None
    state: str | None = None
    hub_key: str | None = None


_RECORDS: Final = text("""
WITH brought AS (
  SELECT system, entity, external_id, max(version) AS version, max(observed_at) AS at FROM change_ledger
  WHERE lane_id = :lane AND observed_at >= :since AND (CAST(:until AS timestamptz) IS NULL OR observed_at <= :until)
  GROUP BY system, entity, external_id)
SELECT b.system, b.entity, b.external_id, b.at, i.customer_id,
  (SELECT array_agg(f.key ORDER BY f.key) FROM customer_provenance p, jsonb_each(p.fields) AS f
   WHERE p.customer_id = i.customer_id AND b.entity = 'customer'
     AND f.value->>'system' = b.system AND f.value->>'externalId' = b.external_id) AS fields,
  s.version = b.version AND (CAST(:until AS timestamptz) IS NULL OR s.observed_at <= :until) AS stands
FROM brought b
JOIN source_record s ON s.system = b.system AND s.entity = b.entity AND s.external_id = b.external_id
LEFT JOIN customer_identifier i
  ON i.system = b.system AND i.external_id = CASE WHEN b.entity = 'customer' THEN b.external_id ELSE s.owner END
ORDER BY b.system, b.entity, b.external_id LIMIT :most""")

_COMMANDS: Final = text("""
SELECT c.id, c.target, c.entity, coalesce(c.external_id, c.object_id) AS external_id, c.state,
  coalesce(c.sent_at, c.created_at) AS at, coalesce(i.customer_id, w.id) AS customer_id,
  CASE WHEN c.external_id IS NULL THEN c.key END AS hub_key,
  (SELECT array_agg(DISTINCT change->'path'->>0) FROM jsonb_array_elements(c.changes) AS change) AS fields
FROM outbound_command c
LEFT JOIN customer_identifier i ON i.system = c.target AND i.external_id = c.external_id
LEFT JOIN unnest(CAST(:customers AS uuid[])) AS w(id)
  ON c.operation = 'CREATE' AND i.customer_id IS NULL AND c.line = c.target || '/' || w.id
WHERE c.lane_id = :lane AND c.epoch = :epoch AND c.state IN ('PENDING', 'SENT', 'DONE', 'UNKNOWN')
  OR coalesce(i.customer_id, w.id) = ANY(CAST(:customers AS uuid[])) AND c.created_at >= :since
    AND (CAST(:until AS timestamptz) IS NULL OR c.wanted_from <= :until)
    AND c.state IN ('COLLECTED', 'PENDING', 'SENT', 'DONE', 'UNKNOWN')
ORDER BY at, c.id LIMIT :most""")
"""What the lane was given under its epoch finishes under its key, also when the rollback comes first."""


async def undo_list(connection: AsyncConnection, migration: Migration) -> list[UndoItem]:
    """Records first, then commands; nothing before the cut-over. Bounded by LISTED_MAX of each.

    Of a flow into the hub the commands are those for anybody whose golden record the lane has touched. Commands that
    are still on their way when it is taken back are among them.
    """
    if migration.cut_over_at is None or migration.incumbent_epoch is None:
        return []
    binds = {
        "lane": migration.to_lane,
        "epoch": migration.incumbent_epoch + 1,
        "since": migration.cut_over_at,
        "until": migration.rolled_back_at,
        "most": LISTED_MAX,
    }
    records = [_record(row) for row in await connection.execute(_RECORDS, binds)]
    customers = sorted({item.customer for item in records if item.customer is not None})
    commands = await connection.execute(_COMMANDS, binds | {"customers": customers})
    return records + [_command(row) for row in commands]


def _record(row: Row[Any]) -> UndoItem:
    return UndoItem(
        UndoKind.RECORD,
        row.system,
        row.entity,
        row.external_id,
        tuple(row.fields or ()),
        row.at,
        row.stands,
        customer=row.customer_id,
    )


def _command(row: Row[Any]) -> UndoItem:
    return UndoItem(
        UndoKind.COMMAND,
        row.target,
        row.entity,
        row.external_id,
        tuple(row.fields or ()),
        row.at,
        stands=True,
        customer=row.customer_id,
        command=row.id,
        state=row.state,
        hub_key=row.hub_key,
    )


async def undo_counts(connection: AsyncConnection, migration: Migration) -> dict[str, int]:
    """How many of each kind, for the evidence."""
    return dict(Counter(item.kind.value for item in await undo_list(connection, migration)))
