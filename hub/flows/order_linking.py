"""Have records judged for likeness behind the transaction that changed them, or whose they are."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.work.dispatch import dispatch
from hub.work.tables import Queue
from hub.work.upkeep import Upkeep
from hub.work.work import NewWork

LINK_LIKELY: Final = Upkeep("link-likely", "* * * * *", 200)
"""Ordered by every page that brings customers; by the clock for what a new version of the weights or bands asks."""


async def order_linking(connection: AsyncConnection, now: datetime) -> None:
    """Have the records of this transaction judged once it has committed."""
    await dispatch(connection, [NewWork(LINK_LIKELY.kind, Queue.SYSTEM)], now)


_AGAIN: Final = text(
    """WITH due AS MATERIALIZED (
         SELECT l.system, l.external_id FROM customer_identifier i
         JOIN likeness l ON l.system = i.system AND l.external_id = i.external_id
         WHERE i.customer_id = ANY(:people) AND l.judged_by <> 0
         ORDER BY 1, 2 FOR UPDATE OF l)
       UPDATE likeness l SET judged_by = 0 FROM due d WHERE l.system = d.system AND l.external_id = d.external_id"""
)


async def judge_again(connection: AsyncConnection, people: Collection[UUID], now: datetime) -> None:
    """Of customers who have parted the records may be a steward's to review, as they were not while they were one."""
    if people and (await connection.execute(_AGAIN, {"people": list(people)})).rowcount:
        await order_linking(connection, now)
