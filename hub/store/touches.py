"""Which customers a transaction touched: what an answer that is kept must be compared with before it goes out again.

Triggers of the database write it, in the transaction itself, whatever changes the tables (see the migration
`customer_touches`). Nobody waits for anybody: each transaction has rows of its own.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.metadata import Table

KEPT_FOR: Final = timedelta(hours=1)
"""Longer by far than any answer is kept (`hub.reads.compiled.kept_answers`), whatever clocks do."""

TOUCHING: Final = frozenset(
    {
        "business_request",
        "campaign_membership",
        "commitment",
        "consent",
        "contact_medium",
        "customer",
        "customer_alias",
        "customer_identifier",
        "customer_provenance",
        "customer_segment",
        "lead_handling",
        "postal_address",
        "product_holding",
        "sales_lead",
        "sales_order",
        "sales_order_line",
        "timeline_entry",
    }
)
"""The tables whose rows touch their customer when they come, change or go."""


class CustomerTouch(Table):
    """A customer of whom a transaction, by its number, changed anything. It goes once no answer from before is kept.

    Two snapshots that show the same rows of a customer here show the same of him in TOUCHING.
    """

    __tablename__ = "customer_touch"

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    transaction: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class TouchHorizon(Table):
    """At that time every transaction with a smaller number had ended."""

    __tablename__ = "touch_horizon"

    at: Mapped[datetime] = mapped_column(primary_key=True)
    transaction: Mapped[int] = mapped_column(BigInteger)


_MARK: Final = text(
    """INSERT INTO touch_horizon (at, transaction)
       SELECT :now, CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)
       WHERE NOT EXISTS (SELECT FROM touch_horizon WHERE at > :recently) ON CONFLICT DO NOTHING"""
)

_FORGET: Final = text(
    """DELETE FROM customer_touch WHERE ctid = ANY(ARRAY(
         SELECT ctid FROM customer_touch
         WHERE transaction < (SELECT max(transaction) FROM touch_horizon WHERE at < :before) LIMIT :limit))"""
)

_FORGET_HORIZONS: Final = text(
    """DELETE FROM touch_horizon
       WHERE at < (SELECT max(at) FROM touch_horizon WHERE at < :before)"""
)


async def forget_touches(connection: AsyncConnection, now: datetime, limit: int) -> int:
    """Remove up to `limit` touches by transactions that had ended KEPT_FOR before `now`, and tell how many.

    An answer made before such a transaction ended is no longer kept anywhere, and one made after it has seen it.
    """
    await connection.execute(_MARK, {"now": now, "recently": now - timedelta(minutes=1)})
    gone = (await connection.execute(_FORGET, {"before": now - KEPT_FOR, "limit": limit})).rowcount
    await connection.execute(_FORGET_HORIZONS, {"before": now - KEPT_FOR})
    return gone
