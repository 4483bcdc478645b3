"""How the effects of two lanes on one object differ: a pure function of what they send."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from hub.exchange.effect import composed
from hub.migration.comparison import Difference
from hub.ports.writing import FieldChange, Operation
from hub.records.migration import DifferenceKind, Verdict
from hub.records.source import JsonValue

Path = tuple[str, ...]


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
    object_id: str, incumbent: Sequence[LaneEffect], candidate: Sequence[LaneEffect]
) -> Difference | None:
    """None where both come to the same net effect and neither has an effect twice. Effects in the order they leave."""
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
    kind, verdict = _kind(incumbent, candidate)
    return _difference(object_id, kind, verdict, paths, incumbent, candidate)


def content(effect: LaneEffect) -> bytes:
    """A digest of what the effect does, whatever its key; it holds no value in clear."""
    in_order = sorted(effect.changes, key=lambda change: change.path)
    changes = [(change.path, change.old, change.new) for change in in_order]
    return hashlib.blake2b(orjson.dumps([effect.operation.value, changes]), digest_size=16).digest()


def _net(effects: Sequence[LaneEffect]) -> Mapping[Path, tuple[JsonValue, JsonValue]]:
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


def _kind(incumbent: Sequence[LaneEffect], candidate: Sequence[LaneEffect]) -> tuple[DifferenceKind, Verdict | None]:
    if any(effect.partial for effect in (*incumbent, *candidate)):
        return DifferenceKind.LATE, None
    if not _net(candidate):
        return DifferenceKind.MISSING, None
    if not _net(incumbent):
        return DifferenceKind.EXTRA, None
    if _breaks(candidate):
        return DifferenceKind.ORDER, None
    if _breaks(incumbent):
        return DifferenceKind.ORDER, Verdict.INCUMBENT_WRONG
    return DifferenceKind.VALUE, None


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
