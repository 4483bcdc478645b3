"""Who shares a mailbox or a phone and plainly is not one person: a couple, a parent and a child."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.closure import ClosedWorld
from hub.customers.identifiers import IdentifierKey, Node, Strength
from hub.customers.likely import Pair
from hub.customers.overlay import laid_over
from hub.customers.partition import is_shared
from hub.customers.read_sources import images_of, open_corrections
from hub.customers.survive import SourceImage
from hub.customers.unlike import contradicted


async def contradicting(
    connection: AsyncConnection, world: ClosedWorld, images: Mapping[Node, SourceImage]
) -> tuple[frozenset[Pair], Mapping[Node, SourceImage]]:
    """Pairs of records of different systems, the smaller first; and what was read for it, as not among `images`.

    A record that is being corrected speaks against another only where it does before and after.
    """
    groups = _hanging_together(world)
    pairs = [pair for group in groups for pair in combinations(group, 2) if pair[0].system != pair[1].system]
    if not pairs:
        return frozenset(), {}
    nodes = sorted({node for pair in pairs for node in pair})
    read = await images_of(connection, [node for node in nodes if node not in images])
    said = {node: image.record for node, image in (*images.items(), *read.items())}
    found = contradicted([pair for pair in pairs if pair[0] in said and pair[1] in said], said)
    if found:
        corrections = await open_corrections(connection, sorted({node for pair in found for node in pair}))
        if corrections:
            then = {node: laid_over(record, corrections.get(node, ())) for node, record in said.items()}
            found = contradicted(sorted(found), then)
    return found, read


def _hanging_together(world: ClosedWorld) -> list[list[Node]]:
    """Sorted records that identifiers and stewards' words may join, where a mailbox or a phone is among them."""
    decided = {node for pair in world.decisions.same for node in pair}
    carriers: dict[IdentifierKey, list[Node]] = defaultdict(list)
    for node in sorted(world.identifiers):
        for key in world.identifiers[node]:
            carriers[key].append(node)
    joining = [
        (key, nodes)
        for key, nodes in carriers.items()
        if len(nodes) > 1 and _may_join([node for node in nodes if node not in world.deleted], decided)
    ]
    if all(key.kind == Strength.ID.name for key, _ in joining):
        return []
    same = [pair for pair in world.decisions.same if pair[0] in world.identifiers and pair[1] in world.identifiers]
    groups = _joined([*(nodes for _, nodes in joining), *same])
    by_shared = {nodes[0] for key, nodes in joining if key.kind != Strength.ID.name}
    return [sorted(group) for group in groups if not by_shared.isdisjoint(group)]


def _may_join(living: Sequence[Node], decided: set[Node]) -> bool:
    return not is_shared(living) or not decided.isdisjoint(living)


def _joined(sets: Iterable[Sequence[Node]]) -> list[set[Node]]:
    group: dict[Node, set[Node]] = {}
    for nodes in sets:
        parts = {id(part): part for part in (group.get(node) or {node} for node in nodes)}.values()
        whole = set().union(*parts)
        group |= dict.fromkeys(whole, whole)
    return list({id(of): of for of in group.values()}.values())
