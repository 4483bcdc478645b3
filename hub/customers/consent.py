"""Consent as a pure function: statements, merges and a moment -> what the customer allows.

Of what one person said a statement about the channel goes before one about all channels, and of equally precise ones
the newest that is valid counts; of equally new ones the most restrictive. Where a steward merged several people, what
each of them last said before the merge is taken together, and the most restrictive of it counts, until something
is said after the merge. A record that became theirs later is of one of them, of whom it allows least:
what it said before the merge allows nothing that the merge did not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Final
from uuid import UUID

from hub.customers.identifiers import Node
from hub.records.enums import ConsentStatus, SurvivorshipRule

_ALLOWS_LEAST_FIRST: Final = (
    ConsentStatus.REVOKED,
    ConsentStatus.DENIED,
    ConsentStatus.PENDING,
    ConsentStatus.UNKNOWN,
    ConsentStatus.GRANTED,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; for all channels if `channel` is None, valid in [valid_from, valid_to) until `ended_at`."""

    id: UUID
    node: Node
    purpose: str
    channel: str | None
    status: ConsentStatus
    stated_at: datetime
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    ended_at: datetime | None = None

    def counts(self, purpose: str, channel: str | None, at: datetime) -> bool:
        """Whether it says anything about this purpose and channel at this moment."""
        return (
            self.purpose == purpose
            and (self.channel is None or (channel is not None and self.channel.upper() == channel.upper()))
            and self.stated_at <= at
            and (self.ended_at is None or at < self.ended_at)
            and (self.valid_from is None or self.valid_from <= at)
            and (self.valid_to is None or at < self.valid_to)
        )


@dataclass(frozen=True, slots=True)
class Merged:
    """Several people were declared one at `at`; `sides` are the records of each of them."""

    at: datetime
    sides: tuple[frozenset[Node], ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """The statement that counts, and whether as the newest or as the most restrictive; None when nobody said any."""

    statement: Statement | None
    rule: SurvivorshipRule

    @property
    def status(self) -> ConsentStatus:
        """UNKNOWN without a statement."""
        return ConsentStatus.UNKNOWN if self.statement is None else self.statement.status


@dataclass(frozen=True, slots=True)
class _Person:
    nodes: frozenset[Node]
    merged_at: datetime | None = None
    before: tuple[_Person, ...] = ()


def decide_consent(
    statements: Iterable[Statement], merges: Sequence[Merged], purpose: str, channel: str | None, at: datetime
) -> Decided:
    """What counts for this purpose and channel at this moment; None as channel asks about all channels alike."""
    told = [one for one in statements if one.counts(purpose, channel, at)]
    merged, rest = _people({one.node for one in told}, [merge for merge in merges if merge.at <= at])
    if merged is None:
        return _of(_Person(rest), told)
    found = [_of(whole, told) for whole in (_placed(merged, rest) if rest else (merged,))]
    saying = [(_allowance(one.statement), one) for one in found if one.statement is not None]
    return min(saying, key=itemgetter(0), default=((), Decided(None, SurvivorshipRule.MOST_RECENT)))[1]


def _people(nodes: Collection[Node], merges: Sequence[Merged]) -> tuple[_Person | None, frozenset[Node]]:
    """Who was merged, all merges taken together, and the records that no merge knows."""
    person_of: dict[Node, _Person] = {}
    for merge in sorted(merges, key=lambda one: one.at):
        sides = [_side(side, person_of) for side in merge.sides if side]
        whole = _Person(frozenset().union(*(side.nodes for side in sides)), merge.at, tuple(sides))
        person_of.update(dict.fromkeys(whole.nodes, whole))
    people = list({id(person): person for person in person_of.values()}.values())
    rest = frozenset(nodes) - person_of.keys()
    if len(people) < 2:
        return (people[0] if people else None), rest
    latest = max(person.merged_at for person in people if person.merged_at is not None)
    return _Person(frozenset(person_of), latest, tuple(people)), rest


def _placed(person: _Person, rest: frozenset[Node]) -> Iterator[_Person]:
    """The same with `rest` as records of each of those who were merged in turn: whose they are nobody knows."""
    nodes = person.nodes | rest
    if not person.before:
        yield _Person(nodes)
    for place, side in enumerate(person.before):
        for placed in _placed(side, rest):
            yield _Person(nodes, person.merged_at, (*person.before[:place], placed, *person.before[place + 1 :]))


def _side(nodes: frozenset[Node], person_of: Mapping[Node, _Person]) -> _Person:
    known = list({id(person_of[node]): person_of[node] for node in sorted(nodes) if node in person_of}.values())
    if not known:
        return _Person(nodes)
    latest = max(person.merged_at for person in known if person.merged_at is not None)
    fresh = nodes - person_of.keys()
    before = (*known, _Person(fresh)) if fresh else tuple(known)
    return before[0] if len(before) == 1 else _Person(nodes.union(*(p.nodes for p in known)), latest, before)


def _of(person: _Person, told: Sequence[Statement]) -> Decided:
    since = [one for one in told if one.node in person.nodes and _is_since(one, person.merged_at)]
    if since:
        return Decided(max(since, key=_precision), SurvivorshipRule.MOST_RECENT)
    before = [_of(side, told).statement for side in person.before]
    least = min((one for one in before if one is not None), key=_allowance, default=None)
    return Decided(least, SurvivorshipRule.MOST_RESTRICTIVE)


def _is_since(one: Statement, merged_at: datetime | None) -> bool:
    return merged_at is None or one.stated_at > merged_at


def _precision(one: Statement) -> tuple[bool, datetime, int, str]:
    return one.channel is not None, one.stated_at, -_ALLOWS_LEAST_FIRST.index(one.status), str(one.id)


def _allowance(one: Statement) -> tuple[int, datetime, str]:
    return _ALLOWS_LEAST_FIRST.index(one.status), one.stated_at, str(one.id)
