"""Where each golden value came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.reads.reach import Reach

_FIELDS = text("""
SELECT p.customer_id, f.field, f.origin->>'system' AS system, f.origin->>'externalId' AS external_id,
       s.as_of, s.observed_at, f.origin->>'rule' AS rule
  FROM customer_provenance p CROSS JOIN LATERAL jsonb_each(p.fields) AS f(field, origin)
  JOIN source_record s
    ON s.system = f.origin->>'system' AND s.entity = 'customer' AND s.external_id = f.origin->>'externalId'
 WHERE p.customer_id = ANY(:customers)
   AND (CAST(:only AS uuid) IS NULL OR p.customer_id = coalesce(
         (SELECT current_id FROM customer_alias WHERE alias_id = :only), :only))
 ORDER BY p.customer_id, f.field
""")


@dataclass(frozen=True, slots=True)
class ProvenanceRow:
    """The source record that won one golden field, as it stands now, and the rule it won by."""

    customer_id: UUID
    field: str
    system: str
    external_id: str
    as_of: datetime
    observed_at: datetime
    rule: str


async def provenance_of(
    connection: AsyncConnection, customers: Sequence[UUID], reach: Reach
) -> Mapping[UUID, Sequence[ProvenanceRow]]:
    """Per customer the origin of each field that has a value, by the field's name."""
    found: dict[UUID, list[ProvenanceRow]] = {customer: [] for customer in customers}
    for record in await connection.execute(_FIELDS, {"customers": list(found), "only": reach.only}):
        row = ProvenanceRow(*record)
        found[row.customer_id].append(row)
    return found
