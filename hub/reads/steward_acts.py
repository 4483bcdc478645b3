"""Merges and splits of a customer, with what each connected system made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.steward_tables import StewardActKind, StewardEffect
from hub.records.states import ReceiptState

ACTS_MAX: Final = 100
"""Acts shown of one customer, the newest."""

_ACTS = text(
    """SELECT asked.id AS asked, a.id, a.kind, a.customer_id, a.principal, a.reason, a.at
       FROM unnest(CAST(:customers AS uuid[])) AS asked(id)
       CROSS JOIN LATERAL (
         SELECT DISTINCT a.* FROM customer_identifier i
         JOIN steward_act_record r ON r.system = i.system AND r.external_id = i.external_id
         JOIN steward_act a ON a.id = r.act_id
         WHERE i.customer_id = asked.id ORDER BY a.at DESC, a.id LIMIT :most) a"""
)

_RECEIPTS = text(
    """SELECT r.act_id, r.system, r.effect, r.records,
         CASE WHEN r.effect = 'HOLDS_DUPLICATES' THEN CASE WHEN living.count > 1 THEN 'PENDING' ELSE 'DONE' END
              WHEN r.command_id IS NULL THEN 'DONE'
              WHEN coalesce(net.outcome_code, c.outcome_code) = 'NO_CONSENT' THEN 'REFUSED'
              WHEN coalesce(net.state, c.state) IN ('DONE', 'CANCELLED') THEN 'DONE'
              WHEN coalesce(net.state, c.state) IN ('REFUSED', 'DEAD') THEN 'REFUSED' ELSE 'PENDING' END AS state
       FROM steward_receipt r
       LEFT JOIN outbound_command c ON c.id = r.command_id
       LEFT JOIN outbound_command net ON net.id = c.carried_by
       CROSS JOIN LATERAL (SELECT count(*) FROM unnest(r.records) AS record(id)
         JOIN source_record s ON s.system = r.system AND s.entity = 'customer' AND s.external_id = record.id
         WHERE NOT s.deleted) living
       WHERE r.act_id = ANY(:acts) ORDER BY r.act_id, r.system"""
)


@dataclass(frozen=True, slots=True)
class ActRow:
    """A merge or split; `customer_id` is who was left with the merged records, or who was split."""

    id: UUID
    kind: StewardActKind
    customer_id: UUID
    principal: str
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """What an act came to at one system by now."""

    system: str
    effect: StewardEffect
    records: Sequence[str]
    state: ReceiptState


async def acts_of(connection: AsyncConnection, customers: Sequence[UUID]) -> Mapping[UUID, Sequence[ActRow]]:
    """Per customer the acts that were about records he has now, newest first."""
    found: dict[UUID, list[ActRow]] = {customer: [] for customer in customers}
    for row in await connection.execute(_ACTS, {"customers": list(found), "most": ACTS_MAX}):
        act = ActRow(row.id, StewardActKind(row.kind), row.customer_id, row.principal, row.reason, row.at)
        found[row.asked].append(act)
    return found


async def receipts_of(connection: AsyncConnection, acts: Sequence[UUID]) -> Mapping[UUID, Sequence[ReceiptRow]]:
    """Per act a receipt from each system that knows the people, by system."""
    found: dict[UUID, list[ReceiptRow]] = {act: [] for act in acts}
    for row in await connection.execute(_RECEIPTS, {"acts": list(found)}):
        receipt = ReceiptRow(row.system, StewardEffect(row.effect), tuple(row.records), ReceiptState(row.state))
        found[row.act_id].append(receipt)
    return found
