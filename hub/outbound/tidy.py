"""What time and answers do to deliveries: expired, answered meanwhile, claims that ended, mails whose sender died."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.outbound.deliveries import Delivery, hold, move
from hub.outbound.stop import stop
from hub.records.outbound import DeliveryReason, DeliveryState, UnknownRule
from hub.settings.find_channels import Outbound

SILENT: Final = timedelta(hours=1)
"""Longer than any attempt at a mail takes: its process, or its piece of work, is gone."""

_OVERDUE: Final[Mapping[str, str]] = {
    "answered": """SELECT d.id FROM lead_delivery d JOIN lead_handling h ON h.lead_id = d.lead_id
      WHERE d.state IN ('PLANNED', 'CLAIMED') AND (h.responded_at IS NOT NULL OR h.closed_at IS NOT NULL)
        AND (d.run_id IS NULL OR EXISTS (SELECT FROM print_run r WHERE r.id = d.run_id AND r.state = 'OPEN'))""",
    "expired": "SELECT id FROM lead_delivery d WHERE d.state = 'PLANNED' AND d.expires_at <= :now",
    "let go": "SELECT id FROM lead_delivery d WHERE d.state = 'CLAIMED' AND d.lease_until <= :now",
    "lost": """SELECT id FROM lead_delivery d WHERE d.state = 'CLAIMED' AND d.kind = 'EMAIL'
        AND d.taken_at <= CAST(:now AS timestamptz) - make_interval(secs => :silent_s)""",
    "in doubt": """SELECT id FROM lead_delivery d WHERE d.state = 'SENDING'
        AND d.changed_at <= CAST(:now AS timestamptz) - make_interval(secs => :silent_s)""",
    "taken for sent": """SELECT id FROM lead_delivery d WHERE d.state = 'UNKNOWN' AND d.channel = ANY(:as_sent)""",
}


async def tidy(connection: AsyncConnection, outbound: Outbound, now: datetime, limit: int) -> int:
    """Up to `limit` of each kind; how many were changed."""
    as_sent = [
        name
        for name, channel in outbound.channels.items()
        if channel.email is not None and channel.email.unknown is UnknownRule.SENT
    ]
    changed = 0
    for what, statement in _OVERDUE.items():
        binds = {"now": now, "silent_s": SILENT.total_seconds(), "as_sent": as_sent, "limit": limit}
        named = {name: value for name, value in binds.items() if f":{name}" in statement or name == "limit"}
        found = await connection.execute(text(f"{statement} ORDER BY d.id LIMIT :limit"), named)
        changed += await _change(connection, what, found.scalars().all(), now)
    return changed


async def _change(connection: AsyncConnection, what: str, ids: Sequence[UUID], now: datetime) -> int:
    held = await hold(connection, ids) if ids else []
    match what:
        case "answered":
            return await stop(connection, [one for one in held if one.responded or one.ended], now)
        case "expired":
            return await _moved(connection, held, DeliveryState.PLANNED, DeliveryState.EXPIRED, now)
        case "in doubt":
            return await _moved(connection, held, DeliveryState.SENDING, DeliveryState.UNKNOWN, now)
        case "taken for sent":
            return await _moved(connection, held, DeliveryState.UNKNOWN, DeliveryState.SENT, now)
        case _:
            return await _moved(connection, held, DeliveryState.CLAIMED, DeliveryState.PLANNED, now)


_REASON: Final[Mapping[DeliveryState, DeliveryReason]] = {
    DeliveryState.EXPIRED: DeliveryReason.TOO_LATE,
    DeliveryState.UNKNOWN: DeliveryReason.INTERRUPTED,
    DeliveryState.SENT: DeliveryReason.INTERRUPTED,
    DeliveryState.PLANNED: DeliveryReason.RELEASED,
}


async def _moved(
    connection: AsyncConnection, held: Sequence[Delivery], state: DeliveryState, to: DeliveryState, now: datetime
) -> int:
    """Those that are still in the state in which they were found."""
    still = [one for one in held if one.state is state]
    let_go = {"lease_until": None, "taken_by": None, "taken_at": None} if to is DeliveryState.PLANNED else {}
    await move(connection, still, to, _REASON[to], now, **let_go)
    return len(still)
