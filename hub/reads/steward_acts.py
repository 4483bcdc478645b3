"""Merges and splits of a customer, with what each connected system made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, Text, Uuid, column, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.steward_tables import StewardAct, StewardActRecord
from hub.customers.tables import CustomerIdentifier
from hub.reads.beside import Beside
from hub.reads.parts import asked_for
from hub.reads.relations import Relation
from hub.reads.rows import Shape

ACTS_MAX: Final = 100
"""Acts shown of one customer, the newest."""

_RECEIPTS: Final = """SELECT r.system, r.effect, r.records,
     CASE WHEN r.effect = 'HOLDS_DUPLICATES' THEN CASE WHEN living.count > 1 THEN 'PENDING' ELSE 'DONE' END
          WHEN told.refused THEN 'REFUSED'
          WHEN told.unsettled THEN 'PENDING' ELSE 'DONE' END AS state
   FROM steward_receipt r
   CROSS JOIN LATERAL (SELECT bool_or(one.code IS NOT DISTINCT FROM 'NO_CONSENT' OR one.state IN ('REFUSED', 'DEAD'))
       AS refused, bool_or(one.state NOT IN ('DONE', 'CANCELLED')) AS unsettled
     FROM (SELECT coalesce(net.state, c.state) AS state, coalesce(net.outcome_code, c.outcome_code) AS code
       FROM unnest(r.command_ids) AS command(id) JOIN outbound_command c ON c.id = command.id
       LEFT JOIN outbound_command net ON net.id = c.carried_by) one) told
   CROSS JOIN LATERAL (SELECT count(*) FROM unnest(r.records) AS record(id)
     JOIN source_record s ON s.system = r.system AND s.entity = 'customer' AND s.external_id = record.id
     WHERE NOT s.deleted) living
   WHERE r.act_id = asked.key"""


@dataclass(frozen=True, slots=True)
class ActRow:
    """A merge or split; `customer_id` is who was left with the merged records, or who was split."""

    id: UUID
    kind: str
    customer_id: UUID
    principal: str
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """What an act came to at one system by now, by one of its effects there."""

    system: str
    effect: str
    records: Sequence[str]
    state: str


ACTS: Final = Shape(ActRow, StewardAct)
RECEIPTS: Final = Beside(
    ReceiptRow,
    _RECEIPTS,
    (column("system", Text()), column("effect", Text()), column("records", ARRAY(Text())), column("state", Text())),
    ("system", "effect"),
)


def _acts(customer: ColumnElement[UUID]) -> Select[Any]:  # Any: as hub.reads.rows has it
    record, known = StewardActRecord, CustomerIdentifier
    about = (
        select(record.act_id)
        .join(known, (known.system == record.system) & (known.external_id == record.external_id))
        .where(record.act_id == StewardAct.id, known.customer_id == customer)
        .correlate_except(record, known)
    )
    newest = select(*ACTS.columns).where(about.exists()).order_by(StewardAct.at.desc(), StewardAct.id)
    return newest.limit(ACTS_MAX)


def _acts_beside(customer: FromClause) -> Select[Any]:
    return _acts(customer.c["id"]).correlate(customer)


ACTS_OF_CUSTOMER: Final = Relation(ActRow, _acts_beside)
"""That were about records he has now, newest first."""
RECEIPTS_OF_ACT: Final = RECEIPTS.relation()


async def acts_of(connection: AsyncConnection, customers: Sequence[UUID]) -> Mapping[UUID, Sequence[ActRow]]:
    """Per customer the acts that were about records he has now, newest first."""
    found: dict[UUID, list[ActRow]] = {customer: [] for customer in customers}
    asked = asked_for(customers, Uuid())
    own = _acts(asked.c.key).correlate(asked).lateral("own")
    ordered = (own.c.at.desc(), own.c.id)
    statement = select(asked.c.key, *own.c).select_from(asked).join(own, true()).order_by(*ordered)
    for customer, *act in await connection.execute(statement):
        found[customer].append(ActRow(*act))
    return found


async def receipts_of(connection: AsyncConnection, acts: Sequence[UUID]) -> Mapping[UUID, Sequence[ReceiptRow]]:
    """Per act receipts from each system that knows the people, one per effect there, by system."""
    return await RECEIPTS.of_each(connection, acts)
