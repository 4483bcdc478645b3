"""Follow consents whose validity begins or ends by itself, and customers behind a gate that was set up anew."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.follow_consent import follow_consents, tell_without_gate
from hub.customers.restrict_systems import bring_in_line

_DUE: Final = text(
    """SELECT s.id, i.customer_id FROM (
         SELECT id, owner_system, owner_id FROM consent_statement WHERE due_at <= :now
         ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED) s
       LEFT JOIN customer_identifier i ON i.system = s.owner_system AND i.external_id = s.owner_id"""
)

_NEXT: Final = text(
    """UPDATE consent_statement SET due_at = CASE WHEN valid_to > :now THEN valid_to END WHERE id = ANY(:ids)"""
)

_SWEEP: Final = text(
    """SELECT s.flow, f.target, s.after, s.fields, f.entity = 'customer' AND f.consent IS NULL AS freed
       FROM consent_sweep s JOIN information_flow f ON f.name = s.flow
       WHERE NOT f.planned ORDER BY s.flow LIMIT 1 FOR UPDATE OF s SKIP LOCKED"""
)

_GO_ON: Final = text("UPDATE consent_sweep SET after = :after WHERE flow = :flow")
_END: Final = text("DELETE FROM consent_sweep WHERE flow = :flow")

_PAGE: Final = text(
    """SELECT DISTINCT customer_id FROM customer_identifier WHERE system = :system AND customer_id > :after
       ORDER BY customer_id LIMIT :limit"""
)


async def follow_lapses(connection: AsyncConnection, now: datetime, limit: int) -> int:
    """Up to `limit` statements, or customers of one flow; the answer is how many."""
    due = (await connection.execute(_DUE, {"now": now, "limit": limit})).all()
    if due:
        customers = {row.customer_id for row in due if row.customer_id is not None}
        await bring_in_line(connection, customers, now)
        await connection.execute(_NEXT, {"now": now, "ids": [row.id for row in due]})
        return len(due)
    return await _sweep(connection, now, limit)


async def _sweep(connection: AsyncConnection, now: datetime, limit: int) -> int:
    flow = (await connection.execute(_SWEEP)).one_or_none()
    if flow is None:
        return 0
    asked = {"system": flow.target, "after": flow.after, "limit": limit}
    customers: list[UUID] = list((await connection.execute(_PAGE, asked)).scalars())
    if flow.freed:
        await tell_without_gate(connection, flow.target, flow.fields, customers, now)
    else:
        await follow_consents(connection, customers, now)
    if len(customers) == limit:
        await connection.execute(_GO_ON, {"flow": flow.flow, "after": customers[-1]})
    else:
        await connection.execute(_END, {"flow": flow.flow})
    return len(customers)
