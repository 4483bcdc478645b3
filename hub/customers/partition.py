"""Recognition as a pure function: source records, their identifiers and the stewards' word -> who is who.

Nothing here depends on the order in which records arrived. An identifier carried by two living records of one system
belongs to several people (a family's e-mail, a company's phone) and links nobody. Two ids of one system are two
customers until a steward says otherwise, and a mailbox or phone does not join people whose names or births contradict
each other (contradict.py). A deleted record spoils no identifier for the living, and stays with the customer whom other
systems still know under one of its identifiers. Where identifiers have had their say, records that are probably one
person are joined under the same rules (likely.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from hub.customers.identifiers import IdentifierKey, Node, Strength
from hub.customers.likely import NOBODY, Likely, Pair, join_likely, likely_living


@dataclass(frozen=True, slots=True)
class Decisions:
    """Pairs that a steward declared the same or different people."""

    same: frozenset[tuple[Node, Node]] = frozenset()
    different: frozenset[tuple[Node, Node]] = frozenset()


class _Groups:
    """Disjoint sets that refuse a union which a rule forbids."""

    def __init__(
        self, nodes: Iterable[Node], different: Iterable[tuple[Node, Node]], contradicting: Collection[Pair]
    ) -> None:
        self.group = {node: {node} for node in nodes}
        self._contradicting = contradicting
        self.different = [pair for pair in different if pair[0] in self.group and pair[1] in self.group]

    def union(self, a: Node, b: Node, *, ignore_systems: bool) -> None:
        left, right = self.group[a], self.group[b]
        if left is right or self._kept_apart(left, right):
            return
        if not ignore_systems and {node.system for node in left} & {node.system for node in right}:
            return
        left |= right
        for node in right:
            self.group[node] = left

    def union_by(self, key: IdentifierKey, a: Node, b: Node) -> None:
        """Join by what both carry: an id is one person's, what several may share joins nobody whom it may not."""
        if key.kind == Strength.ID.name or not self.contradict(a, b):
            self.union(a, b, ignore_systems=False)

    def contradict(self, a: Node, b: Node) -> bool:
        """True when somebody of one group plainly is not somebody of the other."""
        left, right = self.group[a], self.group[b]
        return bool(self._contradicting) and any(
            (min(c, d), max(c, d)) in self._contradicting for c in left for d in right
        )

    def union_of_different_systems(self, a: Node, b: Node) -> None:
        """Join their groups where no system knows both."""
        self.union(a, b, ignore_systems=False)

    def _kept_apart(self, left: set[Node], right: set[Node]) -> bool:
        return any((a in left and b in right) or (a in right and b in left) for a, b in self.different)


def partition(
    identifiers: Mapping[Node, frozenset[IdentifierKey]],
    deleted: frozenset[Node],
    decisions: Decisions,
    likely: Likely = NOBODY,
    contradicting: Collection[Pair] = frozenset(),
) -> list[frozenset[Node]]:
    """The groups of records that are one customer each, ordered by their smallest record.

    What several people may share joins none of the `contradicting` pairs, the smaller record first.
    """
    groups = _Groups(identifiers, decisions.different, contradicting)
    for a, b in sorted(decisions.same):
        if a in identifiers and b in identifiers:
            groups.union(a, b, ignore_systems=True)
    carriers = _carriers(identifiers)
    linking = [key for key, nodes in carriers.items() if len(nodes) > 1]
    for key in sorted(linking, key=lambda key: (Strength[key.kind], key.value)):
        living = [node for node in carriers[key] if node not in deleted]
        if not is_shared(living, groups.group):
            # Every pair: the first of them may be kept apart from others who still belong together.
            for a, b in combinations(living, 2):
                groups.union_by(key, a, b)
    join_likely(likely, deleted, groups.group, groups.union_of_different_systems)
    for node in sorted(deleted & identifiers.keys()):
        if not _follow_the_living(node, identifiers[node], carriers, deleted, groups):
            for other in likely_living(node, likely.links, deleted)[:1]:
                groups.union(other, node, ignore_systems=False)
    unique = {id(group): frozenset(group) for group in groups.group.values()}
    return sorted(unique.values(), key=min)


def is_shared(living: Collection[Node], group: Mapping[Node, set[Node]] | None = None) -> bool:
    """True when one system has the identifier at two records that nobody declared the same."""
    if len(living) < 2:
        return False
    owners: dict[str, set[int | Node]] = defaultdict(set)
    for node in living:
        owners[node.system].add(node if group is None else id(group[node]))
    return any(len(of_system) > 1 for of_system in owners.values())


def _carriers(identifiers: Mapping[Node, frozenset[IdentifierKey]]) -> dict[IdentifierKey, list[Node]]:
    carriers: dict[IdentifierKey, list[Node]] = defaultdict(list)
    for node in sorted(identifiers):
        for key in identifiers[node]:
            carriers[key].append(node)
    return carriers


def _follow_the_living(
    node: Node,
    keys: frozenset[IdentifierKey],
    carriers: Mapping[IdentifierKey, list[Node]],
    deleted: frozenset[Node],
    groups: _Groups,
) -> bool:
    """Whether any living record has one of its identifiers and may be the same person."""
    for key in sorted(keys, key=lambda key: (Strength[key.kind], key.value)):
        living = [other for other in carriers[key] if other not in deleted]
        if is_shared(living, groups.group):
            continue
        for other in living:
            if key.kind == Strength.ID.name or not groups.contradict(other, node):
                groups.union(other, node, ignore_systems=False)
                return True
    return False
