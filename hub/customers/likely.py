"""Records that are probably the same person, joined after all identifiers have been followed.

A pure function as the partition is: the surest pair goes first, pairs equally sure in the order of their records.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeAlias

from hub.customers.identifiers import Node

Pair: TypeAlias = tuple[Node, Node]
Union: TypeAlias = Callable[[Node, Node], None]


@dataclass(frozen=True, slots=True)
class Likely:
    """Pairs of records, the smaller first.

    `links`: those in the match band, with how sure they are in bits; `against`: those who are probably not one person
    and contradict each other in name or birth date.
    """

    links: Mapping[Pair, float] = field(default_factory=lambda: MappingProxyType({}))
    against: frozenset[Pair] = frozenset()


NOBODY: Final = Likely()


def join_likely(likely: Likely, deleted: Collection[Node], group: Mapping[Node, set[Node]], union: Union) -> None:
    """Two groups become one by a link of living records, unless a pair across them speaks against it.

    `union` refuses what the partition's own rules forbid.
    """
    for a, b in _surest_first(likely.links):
        if a in group and b in group and a not in deleted and b not in deleted:
            left, right = group[a], group[b]
            if left is not right and not _contradicted(left, right, likely.against):
                union(a, b)


def likely_living(node: Node, links: Mapping[Pair, float], deleted: Collection[Node]) -> list[Node]:
    """Whom a deleted record probably was, the surest first."""
    own = {pair: bits for pair, bits in links.items() if node in pair}
    others = [b if a == node else a for a, b in _surest_first(own)]
    return [other for other in others if other not in deleted]


def _surest_first(links: Mapping[Pair, float]) -> list[Pair]:
    return sorted(links, key=lambda pair: (-links[pair], pair))


def _contradicted(left: Collection[Node], right: Collection[Node], against: Collection[Pair]) -> bool:
    return any((min(a, b), max(a, b)) in against for a in left for b in right)
