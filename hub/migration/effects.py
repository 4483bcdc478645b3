"""Parity of an outbound flow: do both lanes come to the same net effect at the target, each effect once?"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil
from statistics import median
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import NotFound
from hub.exchange.effect import read_changes
from hub.migration.comparison import EXAMPLES_MAX, Comparison, Difference, Freshness, Window
from hub.migration.effect_difference import LaneEffect, content, difference_of
from hub.ports.writing import Operation
from hub.records.migration import DifferenceKind, Verdict

_EFFECTS: Final = text(
    """
    SELECT 0 AS place, o.lane_id, o.key, o.operation, o.object_id, o.changes, o.from_version, o.version,
      o.wanted_from, o.created_at AS at,
      coalesce(o.sent_at, CASE WHEN o.outcome_code = 'NO_CONSENT' THEN o.finished_at END) AS left_at,
      o.state = 'COLLECTED' AS waiting,
      o.state NOT IN ('MERGED', 'CANCELLED') OR coalesce(o.outcome_code, '') = 'NO_CONSENT' AS leaves,
      o.from_version = o.version AS wanted
    FROM outbound_command o
    WHERE o.lane_id IN (:incumbent, :candidate) AND o.created_at > :since AND o.wanted_from <= :until
    UNION ALL
    SELECT s.id, s.lane_id, s.key, s.operation, s.object_id, s.changes, s.from_version, s.version,
      s.wanted_from, s.at, s.left_at, s.left_at IS NULL, true, false
    FROM shadow_command s
    WHERE s.lane_id IN (:incumbent, :candidate) AND s.at > :since AND s.wanted_from <= :until
    ORDER BY object_id, left_at NULLS LAST, place, version
    """
)


UNDER_WAY: Final = timedelta(minutes=1)
"""A change may be stamped so long before it is committed: around a change of modes one lane may miss it for good."""


@dataclass(frozen=True, slots=True)
class _Edge:
    """What counts: wanted in (since, until]; up to `settled` it may be in one lane alone, rightly."""

    since: datetime
    settled: datetime
    until: datetime


@dataclass
class _Seen:
    """What has been found so far; bounded but for a float per effect and a digest per new object."""

    compared: int = 0
    effects: Counter[str] = field(default_factory=Counter)
    counts: Counter[tuple[DifferenceKind, Verdict | None]] = field(default_factory=Counter)
    examples: list[Difference] = field(default_factory=list)
    gained_s: list[float] = field(default_factory=list)
    lags_s: list[float] = field(default_factory=list)
    made: tuple[Counter[bytes], Counter[bytes]] = field(default_factory=lambda: (Counter(), Counter()))
    extra_creates: list[tuple[bytes, Difference]] = field(default_factory=list)

    def note(self, difference: Difference) -> None:
        self.counts[difference.kind, difference.verdict] += 1
        if len(self.examples) < EXAMPLES_MAX:
            self.examples.append(difference)


async def compare_effects(
    connection: AsyncConnection, flow: str, incumbent_lane: int, candidate_lane: int, window: Window
) -> Comparison:
    """Compare what two lanes of an outbound flow send, or would send, for changes wanted in (since, until].

    The window is that of a run of the slower lane, its `source_since` and `source_until`. It begins later where the
    flow's migration let the lanes begin later: what was wanted before that, only one of them has. What a lane collects
    and has not sent counts as LATE. The referee is what the business wanted, change by change, as the lane with
    authority was given it. Lanes
    are ids; either may have authority, its commands then count whatever the target answered. A Difference's
    `external_id` is the key of a CREATE. NotFound for a lane of another flow.
    """
    await _check_lanes(connection, flow, (incumbent_lane, candidate_lane))
    seen, edge = _Seen(), await _edge(connection, flow, window)
    binds = {
        "incumbent": incumbent_lane,
        "candidate": candidate_lane,
        "since": edge.since,
        "until": edge.until,
    }
    async for object_id, rows in _objects(connection, binds):
        leaving = [row for row in rows if row.leaves]
        incumbent = [_effect(row, edge) for row in _own(leaving, incumbent_lane)]
        candidate = [_effect(row, edge) for row in _own(leaving, candidate_lane)]
        wanted = sorted((_effect(row, edge) for row in rows if row.wanted), key=lambda effect: effect.version)
        _compare(seen, object_id, incumbent, candidate, wanted)
    _tell_doubled_creates(seen)
    return Comparison(
        window=window,
        compared=seen.compared,
        counts=dict(seen.counts),
        examples=tuple(sorted(seen.examples, key=lambda found: found.external_id)),
        freshness=Freshness(len(seen.gained_s), median(seen.gained_s) if seen.gained_s else None, _p95(seen.gained_s)),
        lag_p95_s=_p95(seen.lags_s),
        details={"effects": dict(seen.effects)},
    )


async def _check_lanes(connection: AsyncConnection, flow: str, lanes: Sequence[int]) -> None:
    known = set(await connection.scalars(text("SELECT id FROM lane WHERE flow = :flow"), {"flow": flow}))
    for lane in lanes:
        if lane not in known:
            raise NotFound(f"flow {flow} has no lane {lane}")


async def _edge(connection: AsyncConnection, flow: str, window: Window) -> _Edge:
    began: datetime | None = await connection.scalar(
        text(
            """SELECT max(moment) FROM cadence_migration, unnest(ARRAY[shadow_since, cut_over_at]) AS moment
               WHERE flow = :flow AND moment BETWEEN :since AND :until"""
        ),
        {"flow": flow, "since": window.since, "until": window.until},
    )
    if began is None:
        return _Edge(window.since, window.since, window.until)
    return _Edge(began, began + UNDER_WAY, window.until)


async def _objects(
    connection: AsyncConnection, binds: dict[str, object]
) -> AsyncIterator[tuple[str, list[Row[Any]]]]:  # Any: the columns of _EFFECTS
    """Object by object in order of id; within one as the effects left."""
    async with connection.stream(_EFFECTS, binds) as result:
        rows: list[Row[Any]] = []
        async for row in result:
            if rows and rows[0].object_id != row.object_id:
                yield rows[0].object_id, rows
                rows = []
            rows.append(row)
        if rows:
            yield rows[0].object_id, rows


def _own(rows: Sequence[Row[Any]], lane: int) -> list[Row[Any]]:
    """What the lane sends or would send, each change once.

    A change that was committed while the lane only noted it, and handed over to it at the cut-over, stands as both.
    """
    own = [row for row in rows if row.lane_id == lane]
    sent = [(row.from_version, row.version) for row in own if row.place == 0]
    return [
        row
        for row in own
        if row.place == 0 or not any(first <= row.from_version and row.version <= last for first, last in sent)
    ]


def _effect(row: Row[Any], edge: _Edge) -> LaneEffect:
    return LaneEffect(
        key=row.key,
        operation=Operation(row.operation),
        changes=read_changes(row.changes),
        from_version=row.from_version,
        version=row.version,
        at=row.at,
        left_at=row.left_at,
        partial=row.waiting or row.wanted_from <= edge.settled or row.at > edge.until,
    )


def _compare(
    seen: _Seen,
    object_id: str,
    incumbent: Sequence[LaneEffect],
    candidate: Sequence[LaneEffect],
    wanted: Sequence[LaneEffect],
) -> None:
    seen.compared += 1
    seen.effects["incumbent"] += len(incumbent)
    seen.effects["candidate"] += len(candidate)
    for side, effects in zip(seen.made, (incumbent, candidate), strict=True):
        side.update(content(effect) for effect in effects if effect.operation is Operation.CREATE)
    seen.lags_s += [(effect.left_at - effect.at).total_seconds() for effect in candidate if effect.left_at is not None]
    seen.gained_s += [
        (theirs.left_at - ours.left_at).total_seconds()
        for ours in candidate
        for theirs in incumbent
        if ours.left_at is not None and theirs.left_at is not None and ours.shares_a_version_with(theirs)
    ]
    difference = difference_of(object_id, incumbent, candidate, wanted)
    if difference is None:
        return
    if difference.kind is DifferenceKind.EXTRA and candidate[0].operation is Operation.CREATE:
        seen.extra_creates.append((content(candidate[0]), difference))
        return
    seen.note(difference)


def _tell_doubled_creates(seen: _Seen) -> None:
    """An extra object that is made with the same content under another key is made twice."""
    incumbent, candidate = seen.made
    for made, difference in seen.extra_creates:
        twice = candidate[made] > max(incumbent[made], 1)
        seen.note(replace(difference, kind=DifferenceKind.DOUBLED) if twice else difference)


def _p95(values: Sequence[float]) -> float | None:
    """The nearest rank."""
    return sorted(values)[ceil(0.95 * len(values)) - 1] if values else None
