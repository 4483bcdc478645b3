"""What the leads of a period cost that went out, and yielded: each by the way it left by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.steering.figures import Money
from hub.steering.scope import Scope, named

_DELIVERIES: Final = """
WITH way AS (
  SELECT * FROM unnest(CAST(:ways AS text[]), CAST(:channels AS text[]), CAST(:costs AS numeric[]),
    CAST(:yields AS numeric[])) AS w(way, channel, cost, yielded)),
gone AS (
  SELECT w.channel, CAST(NULL AS text) AS topic, d.sent_at AS at, w.cost, w.yielded
  FROM lead_delivery d JOIN way w ON w.way = d.channel
  WHERE d.sent_at >= :from AND d.sent_at < :to AND (CAST(:channel AS text) IS NULL OR w.channel = :channel))
SELECT {key} AS key, count(*) AS contacts, sum(cost) AS cost, sum(yielded) AS yielded FROM gone GROUP BY 1
"""


async def count_deliveries(connection: AsyncConnection, scope: Scope, now: datetime) -> Mapping[str | None, Money]:
    """By group; a way without a price is left out, and none belongs to a topic."""
    priced = {name: way for name, way in scope.ways.items() if way.cost or way.yields}
    if not priced:
        return {}
    statement = _DELIVERIES.format(key=scope.key)
    binds = {
        **scope.binds(now),
        "ways": list(priced),
        "channels": [way.contact_channel for way in priced.values()],
        "costs": [Decimal(str(way.cost)) for way in priced.values()],
        "yields": [Decimal(str(way.yields)) for way in priced.values()],
    }
    rows = await connection.execute(text(statement), named(statement, binds))
    return {row.key: Money(row.contacts, row.cost, row.yielded) for row in rows}
