"""What becomes of a conflict as its sources go on: a pure function of the row as it was and of what they say now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from hub.customers.conflict_tables import ConflictState
from hub.customers.identifiers import Node
from hub.customers.survive import FIELDS, FlipFlops, Pin, SourceImage, spoken
from hub.records.enums import SurvivorshipRule

TURNS_MAX: Final = 32
"""Changes remembered of one field, the newest."""

HUB: Final = "hub"
"""Who freezes."""

NOBODY: Final = Node(HUB, "")
"""Whose value it is when no source has any."""


class Said(NamedTuple):
    """A source's value of the field, and when: as of (a side) or observed (a turn).

    `follows` is of a turn: the value was the golden one already, so the source took it over.
    """

    node: Node
    value: str
    at: datetime
    follows: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A conflict without its identity; the fields are those of FieldConflict."""

    state: ConflictState
    base: str | None
    sides: tuple[Said, ...]
    turns: tuple[Said, ...]
    opened_at: datetime
    kept: str | None = None
    decided: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    closed_at: datetime | None = None
    earlier: tuple[Earlier, ...] = ()

    @property
    def contested(self) -> bool:
        """More than one source left the value that they last agreed on: each of them means what it says."""
        return sum(folded(side.value) != folded(self.base) for side in self.sides) > 1

    def pin(self, field: str) -> Pin | None:
        """What stands over the rules while it is resolved or frozen."""
        if self.decided_at is None:
            return None
        frozen = self.state is ConflictState.FROZEN
        rule = SurvivorshipRule.FROZEN if frozen else SurvivorshipRule.PINNED
        node = self.sides[0].node if self.sides else NOBODY
        return Pin(node, field, self.decided, self.decided_at, rule)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a conflict was before these records came from another customer; None where there was none."""

    joined: frozenset[Node]
    case: Case | None


def joined(case: Case | None, since: Case, came: frozenset[Node]) -> Case:
    """`since`, which remembers that it was `case` before these records came."""
    before = () if case is None else case.earlier
    bare = None if case is None else replace(case, earlier=())
    return replace(since, earlier=(*before, Earlier(came, bare)))


def parted(case: Case, present: Collection[Node]) -> Case | None:
    """As it was before records came that are all gone again; None where there was no conflict then.

    What a steward decided meanwhile stands.
    """
    now: Case | None = replace(case, earlier=())
    levels = list(case.earlier)
    for place in reversed(range(len(levels))):
        level = levels[place]
        if not level.joined.isdisjoint(present):
            continue
        del levels[place]
        if place < len(levels):
            levels[place] = replace(levels[place], case=level.case)
        elif not _decided_since(case, level.case):
            now = level.case
    return None if now is None else replace(now, earlier=tuple(levels))


def _decided_since(case: Case, before: Case | None) -> bool:
    return case.decided_by not in (None, HUB) and (before is None or case.decided_at != before.decided_at)


def folded(value: str | None) -> str:
    """Under which equal values meet: case and space make no difference."""
    return " ".join((value or "").lower().split())


def sides_of(images: Iterable[SourceImage]) -> Mapping[str, tuple[Said, ...]]:
    """Per field what living sources say, by system and id; a blank value is no side."""
    living = sorted((image for image in images if not image.deleted), key=lambda image: image.node)
    return {
        name: tuple(Said(image.node, value, image.as_of) for image in living if (value := spoken(image, name)))
        for name in FIELDS
    }


def differ(sides: Sequence[Said]) -> bool:
    """Whether they say more than one thing."""
    return len({folded(side.value) for side in sides}) > 1


def follow(
    case: Case | None, sides: tuple[Said, ...], before: str | None, limits: FlipFlops | None, now: datetime
) -> Case | None:
    """The conflict after its sources spoke; `before` is the golden value until now. None: there is and was none."""
    if case is None:
        if not differ(sides):
            return None
        return Case(ConflictState.OPEN, before, sides, _at(sides, now), now)
    moved = _moved(case.sides, sides)
    turned = (side._replace(at=now, follows=folded(side.value) == folded(before)) for side in moved)
    case = replace(case, sides=sides, turns=_within((*case.turns, *turned), limits, now))
    if case.state is ConflictState.FROZEN:
        return case
    if limits is not None and moved and returns(case.turns) >= limits.returns:
        return _frozen(case, before, now)
    if case.state is ConflictState.RESOLVED and all(folded(one.value) == folded(case.decided) for one in moved):
        return _closed(case, now) if _agreed(sides, case.decided) else case
    if case.state is ConflictState.CLOSED:
        reopened = replace(case, state=ConflictState.OPEN, base=before, opened_at=now, closed_at=None)
        return reopened if differ(sides) else case
    if not differ(sides):
        return _closed(case, now)
    return replace(case, state=ConflictState.OPEN, decided=None, decided_by=None, decided_at=None)


def resolved(case: Case, value: str | None, principal: str, now: datetime) -> Case:
    """A steward's word on it; closed at once where every source says the same already."""
    case = replace(case, decided=value, decided_by=principal, decided_at=now, turns=())
    return _closed(case, now) if _agreed(case.sides, value) else replace(case, state=ConflictState.RESOLVED)


def thawed(case: Case, now: datetime) -> Case:
    """The rules decide again, and what was remembered of the turns is forgotten."""
    case = replace(case, state=ConflictState.OPEN, turns=(), decided=None, decided_by=None, decided_at=None)
    return case if differ(case.sides) else _closed(case, now)


def returns(turns: Sequence[Said]) -> int:
    """How often a source came back to a value that it had left because of another one.

    That is, which it was made to leave, or against which another has said something since. Who changes his mind, and
    whoever follows him, comes back to nothing.
    """
    seen: set[tuple[Node, str]] = set()
    known: set[Node] = set()
    answered: set[Node] = set()
    count = 0
    for turn in turns:
        place = (turn.node, folded(turn.value))
        known.add(turn.node)
        if turn.follows:
            answered.add(turn.node)
        else:
            count += place in seen and turn.node in answered
            answered = known - {turn.node}
        seen.add(place)
    return count


def _moved(before: Sequence[Said], now: Sequence[Said]) -> tuple[Said, ...]:
    held = {side.node: folded(side.value) for side in before}
    return tuple(side for side in now if held.get(side.node) != folded(side.value))


def _at(sides: Iterable[Said], now: datetime) -> tuple[Said, ...]:
    return tuple(side._replace(at=now) for side in sides)


def _within(turns: tuple[Said, ...], limits: FlipFlops | None, now: datetime) -> tuple[Said, ...]:
    if limits is None:
        return turns[-TURNS_MAX:]
    since = now - timedelta(hours=limits.within_h)
    return tuple(turn for turn in turns if turn.at > since)[-TURNS_MAX:]


def _agreed(sides: Sequence[Said], value: str | None) -> bool:
    """Every source says so; where none says anything, that there is nothing."""
    return all(folded(side.value) == folded(value) for side in sides) if sides else not folded(value)


def _frozen(case: Case, value: str | None, now: datetime) -> Case:
    held = replace(case, state=ConflictState.FROZEN, closed_at=None)
    return replace(held, decided=value, decided_by=HUB, decided_at=now)


def _closed(case: Case, now: datetime) -> Case:
    closed = replace(case, state=ConflictState.CLOSED, closed_at=now)
    return replace(closed, decided=None, decided_by=None, decided_at=None)
