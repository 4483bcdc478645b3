"""Where each golden value came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, column, func, select, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.tables import CustomerProvenance
from hub.reads.formats import camel_case
from hub.reads.reach import Reach
from hub.reads.rows import fetch
from hub.records.identity import Entity
from hub.store.tables import SourceRecord


@dataclass(frozen=True, slots=True)
class ProvenanceRow:
    """The source record that won one golden field, as it stands now, and the rule it won by.

    `field` as the API writes it.
    """

    customer_id: UUID
    field: str
    system: str
    external_id: str
    as_of: datetime
    observed_at: datetime
    rule: str


_each = func.jsonb_each(CustomerProvenance.fields).table_valued(column("key", Text()), column("value", JSONB()))
_origins: Final = _each.render_derived(name="origins")


def _told(key: str) -> ColumnElement[str]:
    told: ColumnElement[str] = _origins.c.value[key].astext
    return told


_won_by = and_(
    SourceRecord.system == _told("system"),
    SourceRecord.entity == Entity.CUSTOMER.value,
    SourceRecord.external_id == _told("externalId"),
)


def provenance_where(condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:  # Any: the fields of ProvenanceRow
    """The origins of fields that have a value, by customer and field."""
    return (
        select(
            CustomerProvenance.customer_id,
            camel_case(_origins.c.key).label("field"),
            _told("system").label("system"),
            _told("externalId").label("external_id"),
            SourceRecord.as_of,
            SourceRecord.observed_at,
            _told("rule").label("rule"),
        )
        .select_from(CustomerProvenance)
        .join(_origins, true())
        .join(SourceRecord, _won_by)
        .where(condition)
        .order_by(CustomerProvenance.customer_id, _origins.c.key)
    )


async def provenance_of(
    connection: AsyncConnection, customers: Sequence[UUID], reach: Reach
) -> Mapping[UUID, Sequence[ProvenanceRow]]:
    """Per customer the origin of each field that has a value, by the field's name."""
    found: dict[UUID, list[ProvenanceRow]] = {customer: [] for customer in customers}
    owner = CustomerProvenance.__table__.c["customer_id"]
    for row in await fetch(connection, ProvenanceRow, provenance_where(owner.in_(customers) & reach.allows(owner))):
        found[row.customer_id].append(row)
    return found
