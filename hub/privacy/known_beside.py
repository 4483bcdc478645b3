"""Records of a person that a lane beside the one that counts has brought in alone: a candidate, an auditor."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations, product
from typing import Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import IdentifierKey, Node, identifiers_of
from hub.customers.normalise import Spelling
from hub.customers.partition import Decisions, partition
from hub.customers.read_sources import images_of
from hub.customers.unlike import contradicted
from hub.records.customer import CustomerRecord

_AT_ONCE: Final = 500

# Two records of one system are two customers, so nothing is looked for where one of his own is known.
_ALONE: Final = text("""
SELECT DISTINCT ON (f.source, r.external_id) f.source AS system, r.external_id, r.document::text AS document, r.deleted
FROM lane l JOIN information_flow f ON f.name = l.flow JOIN shadow_record r ON r.lane_id = l.id
WHERE f.entity = 'customer' AND r.document IS NOT NULL AND f.source <> ALL(CAST(:his AS text[]))
  AND NOT EXISTS (SELECT FROM customer_identifier i WHERE i.system = f.source AND i.external_id = r.external_id)
ORDER BY f.source, r.external_id, r.as_of DESC""")

_HIS: Final = text("""
SELECT DISTINCT i.kind, i.value FROM source_identifier i
JOIN unnest(CAST(:s AS text[]), CAST(:e AS text[])) AS n(system, external_id)
  ON n.system = i.system AND n.external_id = i.external_id""")

_CARRIERS: Final = text("""
SELECT DISTINCT i.system, i.external_id, kind, value FROM source_identifier i
JOIN unnest(CAST(:kinds AS text[]), CAST(:values AS text[])) AS k(kind, value) USING (kind, value)""")


class _Twin(NamedTuple):
    record: CustomerRecord
    keys: frozenset[IdentifierKey]
    deleted: bool


async def known_beside(connection: AsyncConnection, nodes: Sequence[Node], spelling: Spelling) -> list[Node]:
    """Those that recognition would join with his `nodes` if the lane counted: by identifiers, under its own rules.

    That a record is merely like his is not enough. The twins should be held (`hold_twins`) and so should the person.
    """
    who = {"s": [node.system for node in nodes], "e": [node.external_id for node in nodes]}
    his = {IdentifierKey(kind, value) for kind, value in await connection.execute(_HIS, who)}
    twins = await _carrying(connection, his, {node.system for node in nodes}, spelling) if his else {}
    if not twins:
        return []
    keys = his.union(*(twin.keys for twin in twins.values()))
    identifiers = await _world(connection, keys) | {node: twin.keys for node, twin in twins.items()}
    images = await images_of(connection, [node for node in identifiers if node not in twins])
    said = {node: image.record for node, image in images.items()} | {n: twin.record for n, twin in twins.items()}
    deleted = {node for node, image in images.items() if image.deleted} | {n for n, t in twins.items() if t.deleted}
    apart = contradicted([(min(a, b), max(a, b)) for a, b in product(twins, said) if a.system != b.system], said)
    groups = partition(
        identifiers, frozenset(deleted), Decisions(same=frozenset(combinations(sorted(nodes), 2))), contradicting=apart
    )
    return sorted(node for group in groups if not group.isdisjoint(nodes) for node in group if node in twins)


async def _carrying(
    connection: AsyncConnection, his: Collection[IdentifierKey], systems: Collection[str], spelling: Spelling
) -> Mapping[Node, _Twin]:
    """Twins without a living record that carry one of his identifiers."""
    found: dict[Node, _Twin] = {}
    async with connection.stream(_ALONE, {"his": sorted(systems)}) as rows:
        async for page in rows.partitions(_AT_ONCE):
            for row in page:
                node, record = Node(row.system, row.external_id), CustomerRecord.model_validate_json(row.document)
                keys = identifiers_of(node, record, spelling)
                if not keys.isdisjoint(his):
                    found[node] = _Twin(record, keys, row.deleted)
    return found


async def _world(connection: AsyncConnection, keys: Collection[IdentifierKey]) -> dict[Node, frozenset[IdentifierKey]]:
    """Who carries these by what counts, and which of them."""
    carried: dict[Node, set[IdentifierKey]] = {}
    binds = {"kinds": [key.kind for key in keys], "values": [key.value for key in keys]}
    for row in await connection.execute(_CARRIERS, binds):
        carried.setdefault(Node(row.system, row.external_id), set()).add(IdentifierKey(row.kind, row.value))
    return {node: frozenset(found) for node, found in carried.items()}
