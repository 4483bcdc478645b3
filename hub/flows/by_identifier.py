"""Contacts of a customer who parts: one belongs to whoever has the record by which he was recognised in it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.session_tables import CustomerSession, KnownCookie
from hub.flows.made_meanwhile import Given

_FOLLOW: Final = tuple(
    text(
        f"""UPDATE {table} t SET customer_id = i.customer_id FROM customer_identifier i
            WHERE t.customer_id = ANY(:people) AND i.system = t.by_system AND i.external_id = t.by_external_id
              AND i.customer_id <> t.customer_id
            RETURNING '{table}', t.{key}::text, i.customer_id, t.{at}"""  # noqa: S608  constant names
    )
    for table, key, at in (
        (CustomerSession.__tablename__, "id", "started_at"),
        (KnownCookie.__tablename__, "digest", "since"),
    )
)


async def follow_their_identifier(connection: AsyncConnection, people: Collection[UUID]) -> list[Given]:
    """Of these people's sessions and cookies those whose record is somebody else's now go to him; which they are."""
    found: list[Given] = []
    for statement in _FOLLOW:
        found += [Given(*row) for row in await connection.execute(statement, {"people": list(people)})]
    return found
