"""Requests of people about their data, and how far the systems are with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.privacy_tables import PrivacyRequest
from hub.reads.paging import Order, Page, Window, page_of, windowed
from hub.reads.rows import Shape, fetch
from hub.records.states import ReceiptState

_RECEIPTS = text(
    """SELECT r.request_id, r.system, count(*) AS records,
         count(*) FILTER (WHERE s.state = 'REFUSED') AS refused, count(*) FILTER (WHERE s.state = 'DONE') AS done,
         max(s.why) AS why, bool_or(r.command_id IS NULL AND s.state = 'PENDING') AS by_hand
       FROM privacy_receipt r
       LEFT JOIN outbound_command c ON c.id = r.command_id
       LEFT JOIN outbound_command n ON n.id = c.carried_by
       CROSS JOIN LATERAL (SELECT
         CASE WHEN r.refusal IS NOT NULL THEN 'REFUSED' WHEN r.settled_at IS NOT NULL THEN 'DONE'
              WHEN c.state = 'MERGED' AND c.carried_by IS NULL THEN 'DONE'
              WHEN coalesce(n.state, c.state) = 'DONE' THEN 'DONE'
              WHEN coalesce(n.state, c.state) IN ('REFUSED', 'DEAD')
                OR coalesce(n.outcome_code, c.outcome_code) = 'NO_CONSENT' THEN 'REFUSED'
              ELSE 'PENDING' END AS state,
         coalesce(r.refusal, n.outcome_code, c.outcome_code) AS why) s
       WHERE r.request_id = ANY(:ids) GROUP BY 1, 2 ORDER BY 1, 2"""
)


@dataclass(frozen=True, slots=True)
class PrivacyRow:
    """One request; whom it is about can only be asked, not read."""

    id: UUID
    kind: str
    principal: str
    reason: str | None
    at: datetime
    counts: Mapping[str, int]
    retained: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PrivacyReceiptRow:
    """What one system made of it by now; REFUSED when it refused any record, DONE when it did all."""

    system: str
    records: int
    state: ReceiptState
    why: str | None
    by_hand: bool


REQUESTS: Final = Shape(PrivacyRow, PrivacyRequest)
_rows = PrivacyRequest.__table__.c
NEWEST: Final = Order("PRIVACY", (_rows["at"], _rows["id"]), descending=True)


async def list_privacy_requests(connection: AsyncConnection, subject: bytes | None, window: Window) -> Page[PrivacyRow]:
    """One window of all requests, or of those about one customer by his hash."""
    statement: Select[Any] = select(*REQUESTS.columns)
    if subject is not None:
        statement = statement.where(PrivacyRequest.subject == subject)
    return page_of(await fetch(connection, PrivacyRow, windowed(statement, NEWEST, window)), window)


async def count_privacy_requests(connection: AsyncConnection, subject: bytes | None) -> int:
    """How many there are."""
    statement = select(func.count()).select_from(PrivacyRequest)
    if subject is not None:
        statement = statement.where(PrivacyRequest.subject == subject)
    return (await connection.execute(statement)).scalar_one()


async def privacy_requests_by_id(connection: AsyncConnection, ids: Sequence[UUID]) -> Mapping[UUID, PrivacyRow]:
    """Those that exist."""
    statement = select(*REQUESTS.columns).where(PrivacyRequest.id.in_(ids))
    return {row.id: row for row in await fetch(connection, PrivacyRow, statement)}


async def privacy_receipts_of(
    connection: AsyncConnection, ids: Sequence[UUID]
) -> Mapping[UUID, Sequence[PrivacyReceiptRow]]:
    """Per request a receipt from each system that knew the person, by system."""
    found: dict[UUID, list[PrivacyReceiptRow]] = {one: [] for one in ids}
    for row in await connection.execute(_RECEIPTS, {"ids": list(found)}):
        state = ReceiptState.DONE if row.done == row.records else ReceiptState.PENDING
        state = ReceiptState.REFUSED if row.refused else state
        found[row.request_id].append(PrivacyReceiptRow(row.system, row.records, state, row.why, row.by_hand))
    return found
