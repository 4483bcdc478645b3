"""Take out of every channel what need not go out any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.outbound.deliveries import Delivery, hold, move
from hub.outbound.states import WAITING
from hub.records.outbound import DeliveryReason, DeliveryState, PrintRunState


async def stop_for_leads(connection: AsyncConnection, leads: Sequence[UUID], now: datetime) -> int:
    """Of those that were answered or have ended, in this transaction or before, letter, call and mail stay here.

    How many that are.
    """
    if not leads:
        return 0
    ids = await connection.execute(
        text("SELECT id FROM lead_delivery WHERE lead_id = ANY(:leads) AND state IN ('PLANNED', 'CLAIMED')"),
        {"leads": list(leads)},
    )
    held = await hold(connection, ids.scalars().all())
    return await stop(connection, [one for one in held if one.responded or one.ended], now)


async def stop(connection: AsyncConnection, held: Sequence[Delivery], now: datetime) -> int:
    """Those that wait, or are in a print run that is still open. A letter of a closed run is printed."""
    runs = {one.run_id for one in held if one.run_id is not None}
    still_open = await _open_runs(connection, sorted(runs)) if runs else frozenset()
    may = [one for one in held if one.state in WAITING and (one.run_id is None or one.run_id in still_open)]
    for reason in (DeliveryReason.RESPONDED, DeliveryReason.LEAD_ENDED):
        chosen = [one for one in may if one.responded is (reason is DeliveryReason.RESPONDED)]
        await move(connection, chosen, DeliveryState.STOPPED, reason, now, run_id=None, lease_until=None)
    return len(may)


async def _open_runs(connection: AsyncConnection, runs: Sequence[UUID]) -> frozenset[UUID]:
    """Held against their closing until the transaction ends."""
    rows = await connection.execute(
        text("SELECT id FROM print_run WHERE id = ANY(:runs) AND state = :open ORDER BY id FOR SHARE"),
        {"runs": list(runs), "open": PrintRunState.OPEN.value},
    )
    return frozenset(rows.scalars())
