"""Take back, from what has not left yet, that a consent does not count: its customer has parted from those for whom."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.consent_read import consents_of
from hub.records.enums import ConsentStatus
from hub.store.sets import run_set

PARTED: Final = "PARTED"
"""`outcome_code` of such a CANCELLED command."""

_WAITING: Final = """
SELECT o.id, c.customer_id, c.purpose, c.channel FROM json_array_elements_text(CAST(:rows AS json)) AS r(id)
JOIN consent c ON c.customer_id = CAST(r.id AS uuid) AND NOT c.deleted AND c.status = 'GRANTED'
JOIN outbound_command o ON o.target = c.system AND o.entity = 'consent' AND o.external_id = c.external_id
WHERE o.operation = 'UPDATE' AND o.state IN ('COLLECTED', 'PENDING') AND o.sent_at IS NULL
ORDER BY o.id FOR UPDATE OF o"""

_CANCEL: Final = """
UPDATE outbound_command o SET state = 'CANCELLED', outcome_code = :code, finished_at = :now,
  outcome_message = 'the customer is not one any more with whom this was for'
FROM json_array_elements_text(CAST(:rows AS json)) AS r(id) WHERE o.id = CAST(r.id AS uuid)"""


async def lift_restrictions(connection: AsyncConnection, customers: Collection[UUID], now: datetime) -> None:
    """Of these customers, where the system still has GRANTED and that counts again; what has left stays as told."""
    waiting = (await run_set(connection, _WAITING, [str(one) for one in customers])).all() if customers else []
    if not waiting:
        return
    consents = await consents_of(connection, sorted({row.customer_id for row in waiting}))
    lifted = [
        str(row.id)
        for row in waiting
        if consents[row.customer_id].decide(row.purpose, row.channel, now).status is ConsentStatus.GRANTED
    ]
    if lifted:
        await run_set(connection, _CANCEL, lifted, code=PARTED, now=now)
