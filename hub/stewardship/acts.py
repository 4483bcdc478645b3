"""Keep what a steward did: the act, the records it was about, a receipt per connected system."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.customers.steward_tables import StewardActKind, StewardEffect
from hub.stewardship.outlook import Clash, Moved, View
from hub.store.audit import Deed, record_deed
from hub.store.sets import run_set


@dataclass(frozen=True, slots=True)
class SystemEffect:
    """What an act means for one connected system, and the records there that it is about."""

    system: str
    effect: StewardEffect
    records: tuple[str, ...]
    command_id: UUID | None = None


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


def effects_on(groups: Mapping[UUID, Sequence[Node]], living: frozenset[Node]) -> tuple[SystemEffect, ...]:
    """Per system: one of the customers has several living records there, or nothing has to change."""
    by_system: dict[str, dict[UUID, list[str]]] = {}
    for customer_id, nodes in groups.items():
        for node in nodes:
            by_system.setdefault(node.system, {}).setdefault(customer_id, [])
            if node in living:
                by_system[node.system][customer_id].append(node.external_id)
    effects = []
    for system, of_customer in sorted(by_system.items()):
        twice = [i for ids in of_customer.values() if len(ids) > 1 for i in ids]
        records = tuple(sorted(twice or [i for ids in of_customer.values() for i in ids]))
        effects.append(
            SystemEffect(system, StewardEffect.HOLDS_DUPLICATES if twice else StewardEffect.UNTOUCHED, records)
        )
    return tuple(effects)


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
    brought: Collection[UUID] = (),
) -> UUID:
    """The new act's id; `hands` tells of each record that it was about whose it was and whose it is.

    `brought` are customers of other records, who became one with them by it.
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
        """INSERT INTO steward_act_record (act_id, system, external_id, former_id, later_id)
           SELECT :act, r.* FROM json_to_recordset(CAST(:rows AS json))
             AS r(system text, external_id text, former_id uuid, later_id uuid)""",
        [{**node._asdict(), "former_id": a, "later_id": b} for node, (a, b) in hands.items()],
        act=act_id,
    )
    customers = sorted({str(one) for pair in (*hands.values(), brought) for one in pair})
    detail = {"act": str(act_id), "customers": customers}
    deed = Deed(act.principal, f"{act.kind.value.lower()}Customer", "Customer", str(customer_id), detail=detail)
    await record_deed(connection, deed, act.now)
    return act_id


def with_commands(effects: Sequence[SystemEffect], commands: Mapping[str, UUID]) -> tuple[SystemEffect, ...]:
    """The effects, with what was sent to a system in place of nothing."""
    return tuple(
        replace(one, effect=StewardEffect.CONSENT_TRAVELS, command_id=commands[one.system])
        if one.system in commands
        else one
        for one in effects
    )


async def keep_receipts(connection: AsyncConnection, act_id: UUID, effects: Sequence[SystemEffect]) -> None:
    """One receipt per system."""
    await run_set(
        connection,
        """INSERT INTO steward_receipt (act_id, system, effect, records, command_id)
           SELECT :act, r.system, r.effect, ARRAY(SELECT json_array_elements_text(r.records)), r.command_id
           FROM json_to_recordset(CAST(:rows AS json))
             AS r(system text, effect text, records json, command_id uuid)""",
        [
            {"system": e.system, "effect": e.effect.value, "records": list(e.records), "command_id": e.command_id}
            for e in effects
        ],
        act=act_id,
    )
