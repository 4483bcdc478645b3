"""What an act means for each connected system: what its own people may do, and what it is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.customers.steward_tables import StewardEffect
from hub.store.sets import run_set


@dataclass(frozen=True, slots=True)
class SystemEffect:
    """What an act means for one connected system, the records there that it is about, and the commands that tell it."""

    system: str
    effect: StewardEffect
    records: tuple[str, ...]
    command_ids: tuple[UUID, ...] = ()


def effects_on(
    groups: Mapping[UUID, Sequence[Node]],
    living: frozenset[Node],
    values: Mapping[Node, UUID],
    consents: Mapping[str, Sequence[UUID]] | None = None,
) -> tuple[SystemEffect, ...]:
    """Of each system all that the act means there, by system and effect: UNTOUCHED where it means nothing.

    `groups` are the records of those whom the act leaves; `values` the commands to records, `consents` those of
    consents by system.
    """
    held: dict[str, dict[UUID, list[str]]] = defaultdict(lambda: defaultdict(list))
    for customer_id, nodes in groups.items():
        for node in nodes:
            of_system = held[node.system][customer_id]
            if node in living:
                of_system.append(node.external_id)
    told: dict[str, dict[str, UUID]] = defaultdict(dict)
    for node, command in values.items():
        told[node.system][node.external_id] = command
    return tuple(
        effect
        for system, of_customer in sorted(held.items())
        for effect in _on(system, list(of_customer.values()), told[system], (consents or {}).get(system, ()))
    )


def _on(
    system: str, held: Sequence[Sequence[str]], values: Mapping[str, UUID], consents: Sequence[UUID]
) -> Iterator[SystemEffect]:
    every = tuple(sorted(record for records in held for record in records))
    twice = tuple(sorted(record for records in held if len(records) > 1 for record in records))
    if consents:
        yield SystemEffect(system, StewardEffect.CONSENT_TRAVELS, every, tuple(consents))
    if twice:
        yield SystemEffect(system, StewardEffect.HOLDS_DUPLICATES, twice)
    if values:
        records = tuple(sorted(values))
        yield SystemEffect(system, StewardEffect.VALUES_TRAVEL, records, tuple(values[one] for one in records))
    if not (twice or consents or values):
        yield SystemEffect(system, StewardEffect.UNTOUCHED, every)


_TOLD: Final = """
SELECT c.target, c.external_id, c.id FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text)
JOIN outbound_command c ON c.target = r.system AND c.entity = 'customer' AND c.external_id = r.external_id
WHERE c.created_at = :now AND c.state IN ('COLLECTED', 'PENDING') ORDER BY c.version"""


async def values_told(connection: AsyncConnection, nodes: Collection[Node], now: datetime) -> dict[Node, UUID]:
    """By record the command that the act of `now` has had made for it, the last one; of these records, which it holds.

    What was on its way to the record before, and wants the same, is no effect of the act.
    """
    rows = await run_set(connection, _TOLD, [node._asdict() for node in nodes], now=now)
    return {Node(row.target, row.external_id): row.id for row in rows.all()}
