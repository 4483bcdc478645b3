"""Customers to decide about, and the tables that a decision may change, as they can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import text

from hub.customers.steward_tables import StewardActKind
from hub.stewardship.acts import Act, Outcome
from hub.stewardship.merge import merge_customers
from hub.stewardship.split import undo_merge
from hub.store.engine import Database
from tests.flows.building import RULES, at

PROJECTED: Final[Mapping[str, str]] = {
    "customer": "to_jsonb(t) - 'version' - 'updated_at'",
    "customer_identifier": "to_jsonb(t) - 'since'",
    "customer_alias": "to_jsonb(t)",
    "customer_provenance": "to_jsonb(t)",
    "contact_medium": "to_jsonb(t) - 'as_of'",
    "postal_address": "to_jsonb(t) - 'as_of'",
    "customer_relation": "to_jsonb(t) - 'as_of'",
    "sales_order": "to_jsonb(t)",
    "consent": "to_jsonb(t)",
}
"""Every projection table with the part of its rows that stands for itself; the rest counts or dates the writing."""

GROWING: Final = ("customer_history", "document_version", "change_ledger", "audit_event", "steward_act")


async def projection(database: Database) -> dict[str, list[str]]:
    """All rows of the projection tables, ids included, ordered."""
    found = {}
    async with database.reading() as connection:
        for table, row in PROJECTED.items():
            rows = await connection.execute(text(f"SELECT ({row})::text FROM {table} t ORDER BY 1"))
            found[table] = list(rows.scalars().all())
    return found


async def kept(database: Database) -> dict[str, set[str]]:
    """All rows of the tables that only grow."""
    found = {}
    async with database.reading() as connection:
        for table in GROWING:
            rows = await connection.execute(text(f"SELECT to_jsonb(t)::text FROM {table} t"))
            found[table] = set(rows.scalars().all())
    return found


async def owner(database: Database, system: str, external_id: str) -> UUID:
    """Whose record this is now."""
    async with database.reading() as connection:
        found: UUID = await connection.scalar(
            text("SELECT customer_id FROM customer_identifier WHERE system = :s AND external_id = :e"),
            {"s": system, "e": external_id},
        )
    return found


async def stands_for(database: Database, customer_id: UUID) -> UUID | None:
    """Whom an id resolves to; None for one that leads nowhere."""
    async with database.reading() as connection:
        found: UUID | None = await connection.scalar(
            text(
                """SELECT c.id FROM customer c WHERE c.id = coalesce(
                     (SELECT current_id FROM customer_alias WHERE alias_id = :id), :id)"""
            ),
            {"id": customer_id},
        )
    return found


def act(kind: StewardActKind, minute: int = 20_000) -> Act:
    return Act(kind, "steward", "the same birthday", at(minute))


async def merge(database: Database, into: UUID, *others: UUID, minute: int = 20_000) -> Outcome:
    async with database.transaction() as connection:
        done = act(StewardActKind.MERGE, minute)
        return await merge_customers(connection, into, others, done, RULES.recognition)


async def undo(database: Database, merge_id: UUID, minute: int = 20_001) -> Outcome:
    async with database.transaction() as connection:
        return await undo_merge(connection, merge_id, act(StewardActKind.SPLIT, minute), RULES.recognition)
