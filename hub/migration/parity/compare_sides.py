"""Compare what two lanes of an inbound flow hold at a window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import NotFound
from hub.flows.engine_room import EngineRoom
from hub.flows.lane import LaneContext, lane_of
from hub.migration.comparison import EXAMPLES_MAX, Comparison, Difference, Window
from hub.migration.parity.buckets import buckets_of
from hub.migration.parity.differences import Unequal, kind_after, kind_of, unequal_in
from hub.migration.parity.freshness import freshness_of
from hub.migration.parity.history import with_history
from hub.migration.parity.marks import Document, Marks, marks_without
from hub.migration.parity.referee import Referee, verdict_of
from hub.migration.parity.sides import Side, Sides
from hub.records.migration import DifferenceKind, Verdict


@dataclass
class _Found:
    """What has been found so far; bounded, however much the sides differ."""

    extra: int = 0
    counts: Counter[tuple[DifferenceKind, Verdict | None]] = field(default_factory=Counter)
    examples: list[Difference] = field(default_factory=list)

    def note(self, differences: Sequence[Difference]) -> None:
        self.counts.update((difference.kind, difference.verdict) for difference in differences)
        kept = sorted([*self.examples, *differences], key=lambda one: (one.explained, one.external_id))
        self.examples = kept[:EXAMPLES_MAX]


async def compare(
    room: EngineRoom,
    flow: str,
    incumbent_lane: int,
    candidate_lane: int,
    window: Window,
    ignore: Collection[str] = (),
) -> Comparison:
    """Every difference counted and classed; those that time does not explain are refereed at the source.

    Each side is what is live where its lane counts, and that lane's twins otherwise, so after a cut-over the auditor is
    compared by the same call. `ignore` are canonical fields that are not compared. Both lanes should have passed
    `window.until`. Reads only: nothing of what the referee says is applied. NotFound for a lane of another flow.
    """
    marks = marks_without(ignore)
    async with room.database.reading() as connection:
        incumbent = await _lane(connection, flow, incumbent_lane)
        candidate = await _lane(connection, flow, candidate_lane)
        sides = Sides(Side("i", incumbent, marks), Side("c", candidate, marks), window.since, window.until)
        buckets = await buckets_of(connection, sides)
        freshness, lag_p95_s = await freshness_of(connection, sides)
    found, referee = _Found(), Referee(room, (incumbent, candidate), marks)
    for group in buckets.unequal():
        async with room.database.reading() as connection:
            unequal = await unequal_in(connection, sides, group)
            unequal = await with_history(connection, room.keys, candidate, marks, unequal)
        found.extra += sum(one.incumbent.mark is None for one in unequal)
        found.note(await _judged(referee, unequal, window))
    async with room.database.reading() as connection:
        examples = await _with_paths(connection, sides, found.examples)
    return Comparison(
        window=window,
        compared=buckets.held + found.extra,
        counts=dict(found.counts),
        examples=examples,
        freshness=freshness,
        lag_p95_s=lag_p95_s,
    )


async def _lane(connection: AsyncConnection, flow: str, lane_id: int) -> LaneContext:
    lane = await lane_of(connection, lane_id)
    if lane.flow != flow:
        raise NotFound(f"flow {flow} has no lane {lane_id}")
    return lane


async def _judged(referee: Referee, unequal: Sequence[Unequal], window: Window) -> list[Difference]:
    refuted = await referee.refuted(unequal, window.since)
    unequal = [replace(one, late=False) if one.external_id in refuted else one for one in unequal]
    kinds = {one.external_id: kind_of(one) for one in unequal}
    late = {i for i, kind in kinds.items() if kind is DifferenceKind.LATE}
    source = {i: held for i, held in refuted.items() if held is not None}
    source |= await referee.read([i for i in kinds if i not in refuted and i not in late])
    differences = []
    for one in unequal:
        kind, verdict = kinds[one.external_id], None
        if kind is not DifferenceKind.LATE:
            now = source.get(one.external_id)
            verdict = verdict_of(one, now, window.until)
            kind = kind if now is None else kind_after(one, kind, verdict, now)
        differences.append(
            Difference(
                external_id=one.external_id,
                kind=kind,
                verdict=verdict,
                incumbent_as_of=one.incumbent.as_of,
                candidate_as_of=one.candidate.as_of,
            )
        )
    return differences


async def _with_paths(
    connection: AsyncConnection, sides: Sides, examples: Sequence[Difference]
) -> tuple[Difference, ...]:
    ids = [example.external_id for example in examples]
    incumbent = await _documents(connection, sides, sides.incumbent, ids)
    candidate = await _documents(connection, sides, sides.candidate, ids)
    return tuple(_with_path(one, incumbent, candidate, sides.incumbent.marks) for one in examples)


def _with_path(
    one: Difference, incumbent: Mapping[str, Document], candidate: Mapping[str, Document], marks: Marks
) -> Difference:
    if one.external_id not in incumbent or one.external_id not in candidate:
        return one
    return replace(one, paths=marks.differing(incumbent[one.external_id], candidate[one.external_id]))


async def _documents(
    connection: AsyncConnection, sides: Sides, side: Side, ids: Sequence[str]
) -> Mapping[str, Document]:
    """What lives on that side of these objects."""
    images = side.images("r.external_id = ANY(:ids)")
    rows = await connection.execute(
        text(f"SELECT r.external_id, r.document FROM ({images}) r WHERE NOT r.deleted"),  # noqa: S608  names of ours
        {**sides.binds, "ids": list(ids)},
    )
    return {row.external_id: row.document for row in rows}
