"""Which golden customer each group of source records is: ids that stay, ids that are new, ids that now mean another.

Every id has a home, the source record it was made for. An id that a merge took away is not forgotten: it stands for
whoever has its home, and comes back when its home parts from the id that took it. So a split restores what was merged.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from hub.customers.identifiers import Node
from hub.store.ids import fresh_id


@dataclass(frozen=True, slots=True)
class Standing:
    """How ids stand before: `current` by source record, `home` of each id, `since` when each merged id was merged."""

    current: Mapping[Node, UUID] = field(default_factory=dict)
    home: Mapping[UUID, Node] = field(default_factory=dict)
    merged_since: Mapping[UUID, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Assignment:
    """`groups` maps each customer id to its records, `home` each id, merged ones included, to the record it is of.

    `ended` are ids that lost their records now; `aliases` maps every id that stands for another to that one, as far as
    this changed; `revived` are ids that stand for themselves again.
    """

    groups: Mapping[UUID, frozenset[Node]]
    created: frozenset[UUID]
    home: Mapping[UUID, Node]
    ended: frozenset[UUID]
    aliases: Mapping[UUID, UUID]
    revived: frozenset[UUID]


def assign(
    groups: Sequence[frozenset[Node]],
    standing: Standing,
    deleted: Collection[Node],
    preferred: Collection[UUID] = (),
) -> Assignment:
    """Keep ids where they can stay: with their home after a split; after a merge a `preferred` one, or the smallest."""
    home = dict(standing.home)
    _settle_homes(home, _by_customer(standing.current), deleted)
    before = set(standing.current.values())
    group_of = {node: group for group in groups for node in group}
    claims: dict[frozenset[Node], list[UUID]] = {group: [] for group in groups}
    for customer_id, node in home.items():
        claims[group_of[node]].append(customer_id)
    assigned: dict[UUID, frozenset[Node]] = {}
    holder: dict[frozenset[Node], UUID] = {}
    created: set[UUID] = set()
    for group in groups:
        chosen = _chosen(claims[group], home, before, standing.merged_since, preferred)
        if chosen is None:
            chosen = fresh_id()
            created.add(chosen)
            home[chosen] = min(group, key=lambda node: (node in deleted, node))
        assigned[chosen] = group
        holder[group] = chosen
    _settle_homes(home, assigned, deleted)
    stands_for = {customer_id: holder[group_of[node]] for customer_id, node in home.items()}
    aliases = {
        customer_id: now
        for customer_id, now in stands_for.items()
        if customer_id != now and (customer_id in before or standing.current.get(home[customer_id]) != now)
    }
    revived = frozenset(assigned.keys() - before - created)
    return Assignment(assigned, frozenset(created), home, frozenset(before - assigned.keys()), aliases, revived)


def _by_customer(current: Mapping[Node, UUID]) -> dict[UUID, set[Node]]:
    held: dict[UUID, set[Node]] = {}
    for node, customer_id in current.items():
        held.setdefault(customer_id, set()).add(node)
    return held


def _settle_homes(home: dict[UUID, Node], held: Mapping[UUID, Collection[Node]], deleted: Collection[Node]) -> None:
    """Let an id whose home is deleted move to the smallest living record, unless merged ids live there as well.

    An id from before homes were kept gets one in the same way.
    """
    homes = set(home.values())
    for customer_id, nodes in held.items():
        known = home.get(customer_id)
        if known is not None and (known not in deleted or any(node in homes and node != known for node in nodes)):
            continue
        home[customer_id] = min(nodes, key=lambda node: (node in deleted, node != known, node))


def _chosen(
    claims: Sequence[UUID],
    home: Mapping[UUID, Node],
    before: Collection[UUID],
    merged_since: Mapping[UUID, datetime],
    preferred: Collection[UUID],
) -> UUID | None:
    """A preferred id, else the living one with the smallest home, else the one that was merged away last."""
    living = [one for one in claims if one in before]
    if living:
        return min(living, key=lambda one: (one not in preferred, home[one]))
    if not claims:
        return None
    latest = max((merged_since[one] for one in claims if one in merged_since), default=None)
    return min(claims, key=lambda one: (merged_since.get(one) != latest, home[one]))
