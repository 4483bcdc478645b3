"""Customers to decide about, and the tables that a decision may change, as they can be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.steward_tables import StewardActKind
from hub.flows.own_rows import OWN
from hub.stewardship.acts import Act, Outcome
from hub.stewardship.merge import merge_customers
from hub.stewardship.split import undo_merge
from hub.store.engine import Database
from migrations.tables import all_tables
from tests.flows.building import RULES, at
from tests.privacy.filling import Filling

GROWING: Final = (
    "customer_history",
    "document_version",
    "change_ledger",
    "audit_event",
    "steward_act",
    "steward_act_record",
    "steward_receipt",
)
"""Tables that only grow."""

TELLING: Final[Mapping[str, str]] = {
    "change_feed": "tells who follows",
    "change_pending": "likewise, for seconds",
    "customer_touch": "tells caches",
    "dispatch": "orders what is told",
    "dispatch_line": "likewise",
    "feed_tail": "a number of the feed",
    "identifier": "a lock; it counts who held it",
    "idempotency_key": "answers that were given",
    "outbound_command": "what systems were told",
    "target_image": "likewise",
    "steward_decision": "what the merge said, and the split unsaid",
}
"""Tables in which an act leaves a trace of itself, and of what kind."""

WRITING: Final[Mapping[str, tuple[str, ...]]] = {
    "customer": ("version", "updated_at"),
    "customer_identifier": ("since",),
    **dict.fromkeys(("contact_medium", "postal_address", "customer_relation"), ("as_of",)),
}
"""Columns that count or date the writing of a row."""

REPEATED: Final[Mapping[str, str]] = {
    "field_conflict": "jsonb_build_object('sides', (SELECT jsonb_agg(s - 3) FROM jsonb_array_elements(t.sides) s))"
}
"""Without the times that a source moves by saying the same again, which are kept when something else is written."""

PROJECTED: Final = tuple(
    sorted(str(table.name) for table in all_tables().sorted_tables if table.name not in {*GROWING, *TELLING})
)
"""Every other table there is: a split leaves it as it was before the merge."""


SLEEPING: Final = ("customer_segment", "field_conflict")
"""Tables whose rows of who is merged away wait under his id."""

REWRITTEN: Final = (
    "contact_medium",
    "customer_identifier",
    "customer_provenance",
    "customer_relation",
    "moved_row",
    "postal_address",
)
"""Tables whose rows are made anew from the records of whoever has them."""


async def projection(database: Database) -> dict[str, list[str]]:
    """All rows of the projection tables, ids included, ordered."""
    async with database.reading() as connection:
        return await projected(connection)


async def projected(connection: AsyncConnection) -> dict[str, list[str]]:
    """As `projection`, within a transaction."""
    found = {}
    for table in PROJECTED:
        row = " - ".join(("to_jsonb(t)", *(f"'{column}'" for column in WRITING.get(table, ()))))
        row = f"{row} || {REPEATED[table]}" if table in REPEATED else row
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


async def keep_something_of(database: Database, customers: Sequence[UUID]) -> None:
    """A row of each of these customers in every table that names him and is made from nothing else."""
    tables = {str(table.name): table for table in all_tables().sorted_tables}
    async with database.transaction() as connection:
        for number, customer in enumerate(customers):
            filling = Filling(f"no{number}-", tables)
            filling.customer = customer
            for name in tables:
                if name in {*OWN, *SLEEPING} - {"field_conflict"}:
                    row = filling.row(tables[name])
                    own = row | {"owner": None, "system": "hub"} if "owner" in row else row
                    await connection.execute(insert(tables[name]).values(**own))


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
