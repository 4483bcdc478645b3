"""Have lists and segments ranked anew of whom recognition joined or parted, once its transaction has committed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.offers.react import STANDS_FOR
from hub.settings.flows import HUB
from hub.store.sets import run_set
from hub.work.dispatch import dispatch
from hub.work.tables import Queue
from hub.work.work import NewWork

RANK_AGAIN: Final = "offers.rank-again"
"""Work whose payload names `customers`."""

# The rows of who is merged away sleep under his id.
_CONCERNED: Final = """
SELECT r.id FROM json_array_elements_text(CAST(:rows AS json)) AS r(id)
WHERE EXISTS (SELECT FROM decision d WHERE d.customer_id = CAST(r.id AS uuid) AND d.decided_at > :since)
   OR EXISTS (SELECT FROM contact_event e WHERE e.customer_id = CAST(r.id AS uuid))
   OR EXISTS (SELECT FROM customer_segment s WHERE s.system = :hub AND (s.customer_id = CAST(r.id AS uuid)
        OR s.customer_id IN (SELECT a.alias_id FROM customer_alias a WHERE a.current_id = CAST(r.id AS uuid))))
ORDER BY r.id"""


async def order_ranking(connection: AsyncConnection, customers: Collection[UUID], now: datetime) -> None:
    """One piece of work for those of them who have a list that still stands, or were ever looked at for segments."""
    if not customers:
        return
    rows = [str(one) for one in sorted(customers)]
    found = await run_set(connection, _CONCERNED, rows, since=now - STANDS_FOR, hub=HUB)
    concerned = [row.id for row in found]
    if concerned:
        await dispatch(connection, [NewWork(RANK_AGAIN, Queue.SYSTEM, {"customers": concerned})], now)
