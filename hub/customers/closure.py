"""Everybody who could be the same customer as some source records: the closed world that a partition needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import IdentifierKey, Node, id_of
from hub.customers.likely import Pair
from hub.customers.likeness.links import links_among
from hub.customers.partition import Decisions, is_shared
from hub.store.sets import run_set

CARRIERS_MAX: Final = 64
"""More living carriers than this belong to many people for sure; reading them all would serve nobody."""


@dataclass(frozen=True, slots=True)
class Held:
    """Identifiers that this transaction holds: what records carry from now on, and `first` that nobody ever carried.

    A record whose own id is among the latter is new in every respect: nothing is stored under its name.
    """

    carried: Mapping[Node, frozenset[IdentifierKey]] = field(default_factory=dict)
    first: frozenset[IdentifierKey] = frozenset()

    def only(self, nodes: Collection[Node]) -> Held:
        """Without what the others would have carried."""
        return replace(self, carried={node: keys for node, keys in self.carried.items() if node in nodes})

    def is_new(self, node: Node) -> bool:
        """True when nobody has ever told of this record."""
        return id_of(*node) in self.first


@dataclass(slots=True)
class ClosedWorld:
    """Source records with all their identifiers, closed under every identifier and every likeness that may link."""

    identifiers: dict[Node, frozenset[IdentifierKey]] = field(default_factory=dict)
    deleted: set[Node] = field(default_factory=set)
    decisions: Decisions = field(default_factory=Decisions)
    links: set[Pair] = field(default_factory=set)


async def lock_identifiers(connection: AsyncConnection, keys: Iterable[IdentifierKey]) -> frozenset[IdentifierKey]:
    """Hold these identifiers until the transaction ends, so that two pages never recognise past each other.

    Returns those that were there before: an identifier is held before anybody carries it, so the others nobody does.
    Rows are taken in one order everywhere; they are real rows, not advisory locks, since a page has thousands.
    """
    wanted = sorted(set(keys))
    rows = await connection.execute(
        _LOCK, {"kinds": [key.kind for key in wanted], "values": [key.value for key in wanted]}
    )
    return frozenset(IdentifierKey(kind, value) for kind, value in rows.all())


_LOCK: Final = text(
    """WITH held AS (
         INSERT INTO identifier AS i (kind, value)
         SELECT r.kind, r.value FROM unnest(CAST(:kinds AS text[]), CAST(:values AS text[])) AS r(kind, value)
         ORDER BY r.kind, r.value
         ON CONFLICT (kind, value) DO UPDATE SET touched = i.touched + 1
         RETURNING kind, value, touched)
       SELECT kind, value FROM held WHERE touched > 0"""
)


async def close_over(
    connection: AsyncConnection, start: Iterable[Node], held: Held, written: Collection[Node]
) -> ClosedWorld:
    """Follow identifiers and the crosswalk from `start` until nobody new appears; each newly met record is locked too.

    The first step also follows identifiers that link nobody: one of `start` may be what made them so just now. The
    crosswalk is followed since a customer is only ever judged with all the records that he has now. What the records
    just `written` (living ones) carry is in `held` and not read back.
    """
    world = ClosedWorld()
    frontier = set(start)
    told = held.only(written)
    first = True
    shared: dict[IdentifierKey, list[Node]] = {}
    while frontier:
        carriers = await _carriers(connection, frontier, told, world)
        if not first:
            await lock_identifiers(connection, carriers)
        known = world.identifiers.keys() | frontier
        met: set[Node] = set()
        for key, nodes in carriers.items():
            living = [node for node in nodes if node not in world.deleted] if world.deleted else nodes
            many = is_shared(living)
            if many:
                shared[key] = nodes
            if first or not many:
                met.update(nodes)
        met |= await _decided(connection, frontier, world)
        stored = [node for node in frontier if not told.is_new(node)]
        met |= await _mates(connection, stored)
        links = await links_among(connection, stored)
        world.links |= links.keys()
        met |= {node for pair in links for node in pair}
        mine: dict[Node, set[IdentifierKey]] = {node: set() for node in frontier}
        for key, nodes in carriers.items():
            for node in nodes:
                if node in mine:
                    mine[node].add(key)
        world.identifiers |= {node: frozenset(keys) for node, keys in mine.items()}
        frontier = met - known
        first = False
    _leave_out(world, {key for key, nodes in shared.items() if not world.identifiers.keys() >= set(nodes)})
    return world


def _leave_out(world: ClosedWorld, shared: set[IdentifierKey]) -> None:
    """Two who met on another road must not be joined by what a third one, who is not here, has as well."""
    if shared:
        world.identifiers = {node: keys - shared for node, keys in world.identifiers.items()}


async def _carriers(
    connection: AsyncConnection, frontier: set[Node], told: Held, world: ClosedWorld
) -> dict[IdentifierKey, list[Node]]:
    """Who carries what one of `frontier` carries, the living first, at most CARRIERS_MAX of each.

    Of an identifier that nobody carried before this page, the page itself knows all carriers.
    """
    carriers: dict[IdentifierKey, list[Node]] = defaultdict(list)
    asked = set(frontier)
    for node in sorted(frontier & told.carried.keys()):
        keys = told.carried[node]
        if keys <= told.first:
            asked.discard(node)
        for key in keys & told.first:
            carriers[key].append(node)
    for key in [key for key, nodes in carriers.items() if len(nodes) > CARRIERS_MAX]:
        del carriers[key][CARRIERS_MAX:]
    if not asked:
        return carriers
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
        [node._asdict() for node in asked],
        most=CARRIERS_MAX,
    )
    read: dict[IdentifierKey, list[Node]] = defaultdict(list)
    for kind, value, system, external_id, deleted in rows.all():
        node = Node(system, external_id)
        read[IdentifierKey(kind, value)].append(node)
        if deleted:
            world.deleted.add(node)
    return carriers | read


async def _mates(connection: AsyncConnection, frontier: Collection[Node]) -> set[Node]:
    """The records that are one customer with these now."""
    if not frontier:
        return set()
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
