"""Forget cookies that were learnt long ago, and what was found out about addresses that nobody has any more."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_COOKIES: Final = text(
    """DELETE FROM known_cookie WHERE digest = ANY(ARRAY(
         SELECT digest FROM known_cookie WHERE since < :before LIMIT :limit))"""
)

_MARKS: Final = """DELETE FROM {table} WHERE id = ANY(ARRAY(
  SELECT t.id FROM {table} t WHERE t.{at} < :before AND NOT EXISTS (SELECT FROM contact_medium m
    WHERE m.customer_id = t.customer_id AND m.kind = t.kind AND m.normalised = t.normalised) LIMIT :limit))"""

_OF_MARKS: Final = tuple(
    text(_MARKS.format(table=table, at=at))
    for table, at in (("verified_medium", "at"), ("undeliverable_medium", "since"))
)


async def forget_cookies(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete up to `limit` cookies that were learnt before then; returns how many.

    Whoever still has one is known by it again from his next identification on.
    """
    return (await connection.execute(_COOKIES, {"before": before, "limit": limit})).rowcount


async def forget_marks(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete up to `limit` marks of each kind from before then, of addresses and numbers that their customer has no
    more; returns how many of most."""
    given = {"before": before, "limit": limit}
    return max([(await connection.execute(statement, given)).rowcount for statement in _OF_MARKS])
