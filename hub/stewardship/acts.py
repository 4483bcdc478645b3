"""Keep what a steward did: the act, the records it was about, a receipt per connected system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.customers.steward_tables import StewardActKind
from hub.stewardship.effects import SystemEffect
from hub.stewardship.outlook import Clash, Moved, View
from hub.store.audit import Deed, record_deed
from hub.store.sets import run_set


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an act came to; `views` are the golden records that it left, the one it was done on first."""

    act_id: UUID
    views: tuple[View, ...]
    moved: tuple[Moved, ...]
    clashes: tuple[Clash, ...]
    effects: tuple[SystemEffect, ...]


@dataclass(frozen=True, slots=True)
class Act:
    """Who does what, and why in his words; `reason` must hold no personal data and is at most 500 characters."""

    kind: StewardActKind
    principal: str
    reason: str | None
    now: datetime


async def living_of(connection: AsyncConnection, nodes: Sequence[Node]) -> frozenset[Node]:
    """Those of the records that their system still has."""
    rows = await connection.execute(
        text(
            """SELECT s.system, s.external_id FROM unnest(CAST(:s AS text[]), CAST(:e AS text[])) AS r(system, id)
               JOIN source_record s ON s.system = r.system AND s.entity = 'customer' AND s.external_id = r.id
               WHERE NOT s.deleted"""
        ),
        {"s": [node.system for node in nodes], "e": [node.external_id for node in nodes]},
    )
    return frozenset(Node(row.system, row.external_id) for row in rows)


async def keep_act(
    connection: AsyncConnection,
    act: Act,
    customer_id: UUID,
    hands: Mapping[Node, tuple[UUID, UUID]],
    along: Mapping[Node, tuple[UUID, UUID]] = MappingProxyType({}),
) -> UUID:
    """The new act's id; `hands` tells of each record that it was about whose it was and whose it is.

    `along` tells the same of other customers' records, who became one with them by it.
    """
    act_id = uuid4()
    await connection.execute(
        text("INSERT INTO steward_act VALUES (:id, :kind, :customer, :principal, :reason, :at)"),
        {
            "id": act_id,
            "kind": act.kind.value,
            "customer": customer_id,
            "principal": act.principal,
            "reason": act.reason,
            "at": act.now,
        },
    )
    await run_set(
        connection,
        """INSERT INTO steward_act_record (act_id, system, external_id, former_id, later_id, along)
           SELECT :act, r.* FROM json_to_recordset(CAST(:rows AS json))
             AS r(system text, external_id text, former_id uuid, later_id uuid, along boolean)""",
        [
            {**node._asdict(), "former_id": former, "later_id": later, "along": beside}
            for beside, told in ((False, hands), (True, along))
            for node, (former, later) in told.items()
        ],
        act=act_id,
    )
    customers = sorted({str(one) for pair in (*hands.values(), *along.values()) for one in pair})
    detail = {"act": str(act_id), "customers": customers}
    deed = Deed(act.principal, f"{act.kind.value.lower()}Customer", "Customer", str(customer_id), detail=detail)
    await record_deed(connection, deed, act.now)
    return act_id


async def keep_receipts(connection: AsyncConnection, act_id: UUID, effects: Sequence[SystemEffect]) -> None:
    """One receipt per effect on a system."""
    await run_set(
        connection,
        """INSERT INTO steward_receipt (act_id, system, effect, records, command_ids)
           SELECT :act, r.system, r.effect, ARRAY(SELECT json_array_elements_text(r.records)), r.command_ids
           FROM json_to_recordset(CAST(:rows AS json))
             AS r(system text, effect text, records json, command_ids uuid[])""",
        [
            {
                "system": one.system,
                "effect": one.effect.value,
                "records": list(one.records),
                "command_ids": [str(command) for command in one.command_ids],
            }
            for one in effects
        ],
        act=act_id,
    )
