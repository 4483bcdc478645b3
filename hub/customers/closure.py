"""Everybody who could be the same customer as some source records: the closed world that a partition needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import IdentifierKey, Node
from hub.customers.partition import Decisions, is_shared
from hub.store.sets import run_set

CARRIERS_MAX: Final = 64
"""More living carriers than this belong to many people for sure; reading them all would serve nobody."""


@dataclass(slots=True)
class ClosedWorld:
    """Source records with all their identifiers, closed under every identifier that may link."""

    identifiers: dict[Node, frozenset[IdentifierKey]] = field(default_factory=dict)
    deleted: set[Node] = field(default_factory=set)
    decisions: Decisions = field(default_factory=Decisions)


async def lock_identifiers(connection: AsyncConnection, keys: Iterable[IdentifierKey]) -> None:
    """Hold these identifiers until the transaction ends, so that two pages never recognise past each other.

    Rows are taken in one order everywhere; they are real rows, not advisory locks, since a page has thousands.
    """
    await run_set(
        connection,
        """INSERT INTO identifier AS i (kind, value)
           SELECT r.kind, r.value FROM json_to_recordset(CAST(:rows AS json)) AS r(kind text, value text)
           ORDER BY r.kind, r.value
           ON CONFLICT (kind, value) DO UPDATE SET touched = i.touched + 1""",
        [{"kind": key.kind, "value": key.value} for key in sorted(set(keys))],
    )


async def close_over(connection: AsyncConnection, start: Iterable[Node]) -> ClosedWorld:
    """Follow identifiers and the crosswalk from `start` until nobody new appears; each newly met record is locked too.

    The first step also follows identifiers that link nobody: one of `start` may be what made them so just now. The
    crosswalk is followed since a customer is only ever judged with all the records that he has now.
    """
    world = ClosedWorld()
    frontier = set(start)
    first = True
    while frontier:
        carriers = await _carriers(connection, frontier, world)
        if not first:
            await lock_identifiers(connection, carriers)
        known = world.identifiers.keys() | frontier
        met: set[Node] = set()
        for nodes in carriers.values():
            living = [node for node in nodes if node not in world.deleted]
            if first or not is_shared(living):
                met.update(nodes)
        first = False
        met |= await _decided(connection, frontier, world)
        met |= await _mates(connection, frontier)
        mine: dict[Node, set[IdentifierKey]] = {node: set() for node in frontier}
        for key, nodes in carriers.items():
            for node in nodes:
                if node in mine:
                    mine[node].add(key)
        world.identifiers |= {node: frozenset(keys) for node, keys in mine.items()}
        frontier = met - known
    return world


async def _carriers(
    connection: AsyncConnection, frontier: set[Node], world: ClosedWorld
) -> dict[IdentifierKey, list[Node]]:
    rows = await run_set(
        connection,
        """WITH keys AS (
             SELECT DISTINCT s.kind, s.value
             FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text)
             CROSS JOIN LATERAL (SELECT kind, value FROM source_identifier i
               WHERE i.system = r.system AND i.external_id = r.external_id OFFSET 0) s)
           SELECT k.kind, k.value, c.system, c.external_id, c.deleted FROM keys k CROSS JOIN LATERAL (
             SELECT s.system, s.external_id, o.deleted FROM source_identifier s
             CROSS JOIN LATERAL (SELECT deleted FROM source_record o
               WHERE o.system = s.system AND o.entity = 'customer' AND o.external_id = s.external_id LIMIT 1) o
             WHERE s.kind = k.kind AND s.value = k.value
             ORDER BY o.deleted, s.system, s.external_id LIMIT :most) c""",
        [{"system": node.system, "external_id": node.external_id} for node in frontier],
        most=CARRIERS_MAX,
    )
    carriers: dict[IdentifierKey, list[Node]] = defaultdict(list)
    for kind, value, system, external_id, deleted in rows.all():
        node = Node(system, external_id)
        carriers[IdentifierKey(kind, value)].append(node)
        if deleted:
            world.deleted.add(node)
    return carriers


async def _mates(connection: AsyncConnection, frontier: set[Node]) -> set[Node]:
    """The records that are one customer with these now."""
    rows = await run_set(
        connection,
        """SELECT DISTINCT m.system, m.external_id
           FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text)
           CROSS JOIN LATERAL (SELECT customer_id FROM customer_identifier i
             WHERE i.system = r.system AND i.external_id = r.external_id LIMIT 1) c
           CROSS JOIN LATERAL (SELECT system, external_id FROM customer_identifier o
             WHERE o.customer_id = c.customer_id OFFSET 0) m""",
        [node._asdict() for node in frontier],
    )
    return {Node(system, external_id) for system, external_id in rows.all()}


async def _decided(connection: AsyncConnection, frontier: set[Node], world: ClosedWorld) -> set[Node]:
    rows = (
        await connection.execute(
            text(
                """SELECT system_a, external_id_a, system_b, external_id_b, verdict FROM steward_decision
                   WHERE (system_a, external_id_a) IN (SELECT * FROM unnest(CAST(:s AS text[]), CAST(:e AS text[])))
                      OR (system_b, external_id_b) IN (SELECT * FROM unnest(CAST(:s AS text[]), CAST(:e AS text[])))"""
            ),
            {"s": [node.system for node in frontier], "e": [node.external_id for node in frontier]},
        )
    ).all()
    pairs = {
        verdict: {
            (Node(row.system_a, row.external_id_a), Node(row.system_b, row.external_id_b))
            for row in rows
            if row.verdict == verdict
        }
        for verdict in ("SAME", "DIFFERENT")
    }
    world.decisions = Decisions(
        same=world.decisions.same | pairs["SAME"], different=world.decisions.different | pairs["DIFFERENT"]
    )
    return {node for pair in pairs["SAME"] for node in pair}
