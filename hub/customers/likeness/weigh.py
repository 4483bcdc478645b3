"""What likeness says of a closed world of records: judged anew, so that it always tells of the records as they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from itertools import combinations
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import IdentifierKey, Node
from hub.customers.likely import NOBODY, Likely, Pair
from hub.customers.likeness.bands import REVIEW
from hub.customers.likeness.judging import fields_of, judged
from hub.customers.likeness.weights import active_weights

TOGETHER_MAX: Final = 60
"""Records that hang together by links and identifiers; more than these are many people, and likeness joins none."""


async def weigh(
    connection: AsyncConnection,
    identifiers: Mapping[Node, frozenset[IdentifierKey]],
    links: Collection[Pair],
    least: float,
) -> Likely:
    """The links of `least` probability at least among `links`, and who speaks against whom among those they join."""
    inside = [pair for pair in links if pair[0] in identifiers and pair[1] in identifiers]
    active = await active_weights(connection) if inside else None
    if active is None:
        return NOBODY
    version, learned = active
    together = _together(identifiers, inside)
    pairs = [pair for nodes in together for pair in combinations(nodes, 2) if pair[0].system != pair[1].system]
    persons = await fields_of(connection, {node for nodes in together for node in nodes})
    found = await judged(connection, persons, pairs, version, learned)
    return Likely(
        {pair: found[pair].bits for pair in inside if pair in found and found[pair].probability >= least},
        frozenset(pair for pair, j in found.items() if j.contradicted and j.probability < REVIEW),
    )


def _together(identifiers: Mapping[Node, frozenset[IdentifierKey]], links: Iterable[Pair]) -> list[list[Node]]:
    """Sorted records that hang together, where a link is among what holds them."""
    beside: dict[Node, set[Node]] = defaultdict(set)
    carriers: dict[IdentifierKey, list[Node]] = defaultdict(list)
    for node in sorted(identifiers):
        for key in identifiers[node]:
            carriers[key].append(node)
    bound = [(nodes[0], node) for nodes in carriers.values() for node in nodes[1:]]
    for a, b in (*bound, *links):
        beside[a].add(b)
        beside[b].add(a)
    result: list[list[Node]] = []
    seen: set[Node] = set()
    for start in sorted({node for pair in links for node in pair}):
        if start not in seen:
            group = _reached(start, beside)
            seen |= group
            if len(group) <= TOGETHER_MAX:
                result.append(sorted(group))
    return result


def _reached(start: Node, beside: Mapping[Node, Collection[Node]]) -> set[Node]:
    group, edge = {start}, {start}
    while edge:
        edge = {other for node in edge for other in beside[node]} - group
        group |= edge
    return group
