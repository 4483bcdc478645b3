"""Project belongings: one row per source record, owned by whoever the crosswalk says the owner is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import Table as SqlTable
from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.follow_execution import follow_execution
from hub.contacts.tables import BusinessRequest
from hub.customers.belongings import Consent, ProductHolding, SalesOrder
from hub.customers.consent_keep import (
    Kept,
    end_statements,
    keep_statements,
    reopen_statements,
    stated_by_system,
)
from hub.customers.identifiers import Node
from hub.customers.restrict_systems import bring_in_line
from hub.flows.incoming import Content
from hub.flows.lane import LaneContext
from hub.leads.follow_counterpart import follow_counterparts, follow_removal
from hub.leads.tables import SalesLead
from hub.offers.tables import Campaign, CampaignMembership
from hub.outbound.stop import stop_for_leads
from hub.records.belongings import BusinessRequestRecord, ConsentRecord, SalesLeadRecord, SalesOrderRecord
from hub.records.identity import Entity
from hub.store.metadata import METADATA
from hub.store.sets import run_set

NAMESPACE: Final = UUID("0b9a3b8a-64c5-4b55-8f5e-9f7f2a7d4c02")

TABLE_OF: Final[Mapping[Entity, str]] = {
    Entity.SALES_ORDER: SalesOrder.__tablename__,
    Entity.PRODUCT_HOLDING: ProductHolding.__tablename__,
    Entity.BUSINESS_REQUEST: BusinessRequest.__tablename__,
    Entity.SALES_LEAD: SalesLead.__tablename__,
    Entity.CAMPAIGN_MEMBERSHIP: CampaignMembership.__tablename__,
    Entity.CAMPAIGN: Campaign.__tablename__,
    Entity.CONSENT: Consent.__tablename__,
}

RENAMED: Final[Mapping[str, str]] = {"lead_owner": "owner"}
"""Columns whose record field has another name, since the belonging's own `owner` is the customer."""

COMMON: Final = frozenset(
    {"id", "system", "external_id", "owner", "customer_id", "deleted", "as_of", "observed_at", "version"}
)

OF_THE_HUB: Final[Mapping[str, frozenset[str]]] = {SalesLead.__tablename__: frozenset({"campaign"})}
"""Columns of which no package tells."""


@dataclass(frozen=True, slots=True)
class Owned:
    """A belonging that changed and the customer it belongs to now, None while the owner is unknown."""

    id: UUID
    customer_id: UUID | None


def belonging_id(system: str, entity: Entity, external_id: str) -> UUID:
    """The row's id, the same after every replay."""
    return uuid5(NAMESPACE, f"{system}/{entity.value}/{external_id}")


@cache
def _upsert(entity: Entity) -> tuple[str, tuple[str, ...]]:
    table: SqlTable = METADATA.tables[TABLE_OF[entity]]
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
    others = COMMON | OF_THE_HUB.get(table.name, frozenset())
    own = tuple(column.name for column in table.columns if column.name not in others)
    types = ", ".join(f"{name} {table.columns[name].type.compile(dialect)}" for name in own)
    sets = ", ".join(f"{name} = excluded.{name}" for name in own)
    statement = f"""
        INSERT INTO {table.name} AS t (id, system, external_id, owner, customer_id, deleted, as_of, observed_at,
          version, {", ".join(own)})
        SELECT r.id, :system, r.external_id, r.owner, c.customer_id, false, r.as_of, :now, r.version,
          {", ".join(f"r.{name}" for name in own)}
        FROM json_to_recordset(CAST(:rows AS json)) AS r(id uuid, external_id text, owner text, as_of timestamptz,
          version int, {types})
        LEFT JOIN LATERAL (SELECT i.customer_id FROM customer_identifier i
          WHERE i.system = :system AND i.external_id = r.owner LIMIT 1) c ON true
        ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, customer_id = excluded.customer_id,
          as_of = excluded.as_of, observed_at = excluded.observed_at, version = excluded.version, {sets}
        RETURNING id, customer_id"""  # noqa: S608  names come from the table's own definition
    return statement, own


async def write_belongings(
    connection: AsyncConnection, lane: LaneContext, contents: Sequence[tuple[Content, int]], now: datetime
) -> list[Owned]:
    """Insert or replace the rows of changed contents, each given with its version."""
    if not contents:
        return []
    statement, own = _upsert(lane.entity)
    rows = []
    for content, version in contents:
        values = content.record.model_dump(mode="json")
        row = {name: values[RENAMED.get(name, name)] for name in own}
        identity = belonging_id(lane.system, lane.entity, content.external_id)
        rows.append(
            row
            | {
                "id": identity,
                "external_id": content.external_id,
                "owner": content.owner,
                "as_of": content.as_of,
                "version": version,
            }
        )
    written = await run_set(connection, statement, rows, system=lane.system, now=now)
    owned = [Owned(row.id, row.customer_id) for row in written]
    if lane.entity is Entity.SALES_ORDER:
        await _write_lines(connection, lane, [content for content, _ in contents])
    if lane.entity is Entity.CONSENT:
        await _keep_statements(connection, lane, contents, now)
        await _follow_consents(connection, owned, now)
    if lane.entity is Entity.BUSINESS_REQUEST:
        records = [content.record for content, _ in contents]
        told = [record for record in records if isinstance(record, BusinessRequestRecord)]
        await follow_execution(connection, lane.system, told, now)
    if lane.entity is Entity.SALES_LEAD:
        leads = [(content.external_id, content.record) for content, _ in contents]
        said = [(i, record) for i, record in leads if isinstance(record, SalesLeadRecord)]
        await stop_for_leads(connection, await follow_counterparts(connection, lane.system, said, now), now)
    return owned


async def _keep_statements(
    connection: AsyncConnection, lane: LaneContext, contents: Sequence[tuple[Content, int]], now: datetime
) -> None:
    """A statement of nobody known counts for nobody, and is kept for when its owner comes."""
    kept = []
    for content, version in contents:
        if isinstance(content.record, ConsentRecord):
            owner = Node(lane.system, content.owner or "")
            stated_at = stated_by_system(content.record, version, content.as_of)
            kept.append(Kept(lane.system, content.external_id, version, owner, content.record, stated_at))
    await keep_statements(connection, kept, now)


async def _write_lines(connection: AsyncConnection, lane: LaneContext, contents: Sequence[Content]) -> None:
    orders: list[UUID] = []
    rows = []
    for content in contents:
        order = belonging_id(lane.system, Entity.SALES_ORDER, content.external_id)
        orders.append(order)
        if isinstance(content.record, SalesOrderRecord):
            for position, line in enumerate(content.record.lines, start=1):
                rows.append({"order_id": order, "position": position, **line.model_dump(mode="json")})
    await connection.execute(text("DELETE FROM sales_order_line WHERE order_id = ANY(:orders)"), {"orders": orders})
    await run_set(
        connection,
        """INSERT INTO sales_order_line (order_id, position, external_id, product, description, quantity, unit_price,
             amount)
           SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS r(order_id uuid, position int, external_id text,
             product text, description text, quantity numeric, unit_price numeric, amount numeric)""",
        rows,
    )


async def mark_belongings(
    connection: AsyncConnection, lane: LaneContext, ids: Collection[str], now: datetime, *, deleted: bool
) -> list[Owned]:
    """Mark rows as deleted or as living again; nothing is removed."""
    if lane.entity is Entity.CONSENT:
        if deleted:
            await end_statements(connection, lane.system, ids, now)
        else:
            await reopen_statements(connection, lane.system, ids)
    if lane.entity is Entity.SALES_LEAD and deleted:
        await stop_for_leads(connection, await follow_removal(connection, lane.system, list(ids), now), now)
    rows = await connection.execute(
        text(f"UPDATE {TABLE_OF[lane.entity]} SET deleted = :deleted WHERE id = ANY(:ids) RETURNING id, customer_id"),  # noqa: S608  a constant table name
        {"deleted": deleted, "ids": [belonging_id(lane.system, lane.entity, external_id) for external_id in ids]},
    )
    marked = [Owned(row.id, row.customer_id) for row in rows]
    if lane.entity is Entity.CONSENT:
        await _follow_consents(connection, marked, now)
    return marked


async def _follow_consents(connection: AsyncConnection, owned: Sequence[Owned], now: datetime) -> None:
    customers = {one.customer_id for one in owned if one.customer_id is not None}
    await bring_in_line(connection, customers, now)
