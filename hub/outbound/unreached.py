"""Leads whom no channel reaches: seen at the lead and in lists, with the reason, until one reaches them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.leads.lead import TOPIC
from hub.live.changes import Change
from hub.live.publish import publish
from hub.records.outbound import DeliveryReason
from hub.store.sets import run_set

_SAY: Final = """
UPDATE lead_handling h SET unreached_reason = r.reason,
  unreached_since = CASE WHEN r.reason IS NOT NULL THEN coalesce(h.unreached_since, CAST(:now AS timestamptz)) END
FROM json_to_recordset(CAST(:rows AS json)) AS r(lead_id uuid, reason text)
WHERE h.lead_id = r.lead_id AND h.unreached_reason IS DISTINCT FROM r.reason RETURNING h.lead_id
"""


async def say_unreached(
    connection: AsyncConnection, reasons: Mapping[UUID, DeliveryReason | None], now: datetime
) -> None:
    """By lead, None for one that a channel reaches; the leads must be held. Followers of what changed are told."""
    rows = [{"lead_id": lead, "reason": reason} for lead, reason in reasons.items()]
    changed = (await run_set(connection, _SAY, rows, now=now)).scalars()
    await publish(connection, [Change(TOPIC, str(lead), f"{TOPIC}AttributeValueChangeEvent") for lead in changed], now)
