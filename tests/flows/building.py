"""Pages for apply, built from canonical records without a package."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from hub.customers.recognise import Rules
from hub.customers.survive import FieldRule, Survivorship
from hub.flows.apply import Applied, ApplyRules, apply
from hub.flows.incoming import Content, Incoming
from hub.flows.lane import LaneContext
from hub.records.customer import Canonical, ContactMediumRecord, CustomerRecord
from hub.records.enums import MediumKind, SurvivorshipRule
from hub.records.identity import Entity
from hub.records.lanes import FlowCadence, LaneMode
from hub.store.engine import Database
from hub.store.keys import KeyRing

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
RULES = ApplyRules(
    recognition=Rules(Survivorship(FieldRule(SurvivorshipRule.PREFER_UNLESS_BLANK, ("crm", "lms", "cm"))), region="NL"),
    keys=KeyRing(b"k" * 32),
    mapping_version="test",
)


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def content(external_id: str, record: Canonical, minute: int, stamp: datetime | None = None) -> Content:
    document = record.model_dump_json(exclude_defaults=True).encode()
    digest = hashlib.sha256(document).digest()
    as_of = at(minute)
    return Content(external_id, as_of, stamp or as_of, f"{external_id}@{minute}", record, document, digest)


def page(*contents: Content, gone: dict[str, datetime] | None = None) -> Incoming:
    tombstones = gone or {}
    return Incoming({c.external_id: c for c in contents}, tombstones, (), len(contents) + len(tombstones))


def person(name: str, *values: str) -> CustomerRecord:
    media = tuple(
        ContactMediumRecord(
            external_id=f"m{place}", kind=MediumKind.EMAIL if "@" in value else MediumKind.PHONE, value=value
        )
        for place, value in enumerate(values)
    )
    return CustomerRecord(name=name, contact_media=media)


async def declare_flow(database: Database, system: str, entity: Entity = Entity.CUSTOMER) -> LaneContext:
    """A flow with one authoritative lane, as `hub.yaml` would declare it."""
    flow = f"{system}-{entity.value}"
    async with database.transaction() as connection:
        await connection.execute(
            text(
                """INSERT INTO information_flow (name, business_flow, title, entity, source, target)
                   VALUES (:flow, 2, 'Test', :entity, :system, 'hub')"""
            ),
            {"flow": flow, "entity": entity.value, "system": system},
        )
        lane_id = await connection.scalar(
            text("INSERT INTO lane (flow, cadence, mode) VALUES (:flow, 'DAILY', 'AUTHORITATIVE') RETURNING id"),
            {"flow": flow},
        )
    assert isinstance(lane_id, int)
    return LaneContext(flow, lane_id, 1, system, entity, None, LaneMode.AUTHORITATIVE, FlowCadence.DAILY)


async def apply_page(database: Database, lane: LaneContext, incoming: Incoming, rules: ApplyRules = RULES) -> Applied:
    async with database.transaction() as connection:
        return await apply(connection, lane, incoming, rules, at(10_000))


async def golden_state(database: Database) -> list[tuple[object, ...]]:
    """Everything golden on business keys: per customer its links, values, media and belongings, ordered."""
    async with database.reading() as connection:
        rows = await connection.execute(
            text(
                """SELECT (SELECT array_agg(i.system || ':' || i.external_id
                                     ORDER BY i.system, i.external_id) FROM customer_identifier i
                           WHERE i.customer_id = c.id) AS links, c.name, c.kind, c.deleted,
                     (SELECT array_agg(m.kind || m.normalised || m.value || m.system || m.external_id
                                     ORDER BY m.kind, m.normalised)
                      FROM contact_medium m WHERE m.customer_id = c.id) AS media,
                     (SELECT array_agg(o.external_id || o.state || o.deleted
                                     ORDER BY o.external_id)
                      FROM sales_order o WHERE o.customer_id = c.id) AS orders
                   FROM customer c ORDER BY 1, 2"""
            )
        )
        return [tuple(row) for row in rows]


async def golden_origins(database: Database) -> list[str]:
    """Who says which golden value, by which rule."""
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT fields::text FROM customer_provenance ORDER BY 1"))
        return list(rows.scalars())
