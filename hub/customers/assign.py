"""Which golden customer each group of source records is: ids that stay, ids that are new, ids that now mean another."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from hub.customers.identifiers import Node


@dataclass(frozen=True, slots=True)
class Assignment:
    """`groups` maps each customer id to its records, `aliases` an id that lost its records to the id that has them."""

    groups: Mapping[UUID, frozenset[Node]]
    created: frozenset[UUID]
    aliases: Mapping[UUID, UUID]


def assign(groups: Sequence[frozenset[Node]], current: Mapping[Node, UUID], deleted: Collection[Node]) -> Assignment:
    """Keep ids where they can stay: after a split with the smallest living record, after a merge the smallest wins."""
    anchors: dict[UUID, Node] = {}
    for node in sorted(current, key=lambda node: (node in deleted, node)):
        anchors.setdefault(current[node], node)
    group_of = {node: group for group in groups for node in group}
    claims: dict[frozenset[Node], list[tuple[Node, UUID]]] = {group: [] for group in groups}
    for customer_id, anchor in anchors.items():
        claims[group_of[anchor]].append((anchor, customer_id))
    assigned: dict[UUID, frozenset[Node]] = {}
    created: set[UUID] = set()
    aliases: dict[UUID, UUID] = {}
    for group in groups:
        held = [customer_id for _, customer_id in sorted(claims[group])]
        chosen = held[0] if held else uuid4()
        if not held:
            created.add(chosen)
        assigned[chosen] = group
        aliases |= dict.fromkeys(held[1:], chosen)
    return Assignment(assigned, frozenset(created), aliases)
