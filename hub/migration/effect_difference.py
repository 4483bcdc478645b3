"""How the effects of two lanes on one object differ: a pure function of what they send."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import orjson

from hub.exchange.effect import composed
from hub.migration.comparison import Difference
from hub.ports.writing import FieldChange, Operation
from hub.records.migration import DifferenceKind, Verdict
from hub.records.source import JsonValue

Path: TypeAlias = tuple[str, ...]
NetChanges: TypeAlias = Mapping[Path, tuple[JsonValue, JsonValue]]


@dataclass(frozen=True, slots=True)
class LaneEffect:
    """One command of a lane. `partial`: it is not sent yet, or reaches over the window's edge, so it proves nothing."""

    key: str
    operation: Operation
    changes: tuple[FieldChange, ...]
    from_version: int
    version: int
    at: datetime
    left_at: datetime | None
    partial: bool

    def shares_a_version_with(self, other: LaneEffect) -> bool:
        """True when a change that this effect stands for is in the other too."""
        return self.from_version <= other.version and other.from_version <= self.version


def difference_of(
    object_id: str,
    incumbent: Sequence[LaneEffect],
    candidate: Sequence[LaneEffect],
    wanted: Sequence[LaneEffect] = (),
) -> Difference | None:
    """None where both come to the same net effect and neither has an effect twice. Effects in the order they leave.

    `wanted` are the single changes in the order they were wanted; they decide who is wrong, where they are known.
    """
    theirs, ours = _net(incumbent), _net(candidate)
    their_doubles, our_doubles = _doubled(incumbent), _doubled(candidate)
    if our_doubles - their_doubles:
        return _difference(object_id, DifferenceKind.DOUBLED, None, our_doubles - their_doubles, incumbent, candidate)
    if their_doubles - our_doubles:
        doubles = their_doubles - our_doubles
        wrong = Verdict.INCUMBENT_WRONG
        return _difference(object_id, DifferenceKind.DOUBLED, wrong, doubles, incumbent, candidate)
    if theirs == ours:
        return None
    paths = {path for path in {*theirs, *ours} if theirs.get(path) != ours.get(path)}
    kind = _kind(incumbent, candidate)
    verdict = None if kind is DifferenceKind.LATE else _verdict(theirs, ours, wanted)
    return _difference(object_id, kind, verdict, paths, incumbent, candidate)


def content(effect: LaneEffect) -> bytes:
    """A digest of what the effect does, whatever its key; it holds no value in clear."""
    in_order = sorted(effect.changes, key=lambda change: change.path)
    changes = [(change.path, change.old, change.new) for change in in_order]
    return hashlib.blake2b(orjson.dumps([effect.operation.value, changes]), digest_size=16).digest()


def _net(effects: Sequence[LaneEffect]) -> NetChanges:
    """Old and new value by path; what is made or deleted stands under the empty path."""
    changes = composed(change for effect in effects for change in effect.changes)
    net: dict[Path, tuple[JsonValue, JsonValue]] = {change.path: (change.old, change.new) for change in changes}
    for effect in effects:
        if effect.operation is not Operation.UPDATE:
            net[()] = (None, effect.operation.value)
    return net


def _doubled(effects: Sequence[LaneEffect]) -> set[Path]:
    """Paths at which the same change comes twice in a row under different keys."""
    last: dict[Path, FieldChange] = {}
    doubled: set[Path] = set()
    for effect in effects:
        for change in effect.changes:
            if last.get(change.path) == change and change.old != change.new:
                doubled.add(change.path)
            last[change.path] = change
    return doubled


def _breaks(effects: Sequence[LaneEffect]) -> bool:
    """True when an old value is not the new one of the change before: something came out of order, or is not there."""
    last: dict[Path, FieldChange] = {}
    for effect in effects:
        for change in effect.changes:
            if change.path in last and last[change.path].new != change.old:
                return True
            last[change.path] = change
    return False


def _kind(incumbent: Sequence[LaneEffect], candidate: Sequence[LaneEffect]) -> DifferenceKind:
    if any(effect.partial for effect in (*incumbent, *candidate)):
        return DifferenceKind.LATE
    if not _net(candidate):
        return DifferenceKind.MISSING
    if not _net(incumbent):
        return DifferenceKind.EXTRA
    return DifferenceKind.ORDER if _breaks(candidate) or _breaks(incumbent) else DifferenceKind.VALUE


def _verdict(theirs: NetChanges, ours: NetChanges, wanted: Sequence[LaneEffect]) -> Verdict | None:
    """None without changes to judge by: an effect that nobody wanted is nobody's excuse."""
    if not wanted:
        return None
    truth = _net(wanted)
    if truth == ours:
        return Verdict.INCUMBENT_WRONG
    return Verdict.CANDIDATE_WRONG if truth == theirs else Verdict.BOTH_STALE


def _difference(
    object_id: str,
    kind: DifferenceKind,
    verdict: Verdict | None,
    paths: set[Path],
    incumbent: Sequence[LaneEffect],
    candidate: Sequence[LaneEffect],
) -> Difference:
    return Difference(
        external_id=object_id,
        kind=kind,
        verdict=verdict,
        paths=tuple(sorted("/".join(path) for path in paths if path)),
        incumbent_as_of=_last_left(incumbent),
        candidate_as_of=_last_left(candidate),
    )


def _last_left(effects: Sequence[LaneEffect]) -> datetime | None:
    return max((effect.left_at for effect in effects if effect.left_at is not None), default=None)
