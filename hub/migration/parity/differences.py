"""Look into unequal buckets: each object over which the sides differ, with what is needed to class it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.migration.parity.buckets import BUCKET
from hub.migration.parity.sides import Sides
from hub.records.migration import DifferenceKind, Verdict


@dataclass(frozen=True, slots=True)
class Held:
    """What one side holds of an object at the window. `mark` is None for one that is gone, or was never there."""

    known: bool
    mark: bytes | None
    as_of: datetime | None
    stamp: datetime | None
    fingerprint: str | None


@dataclass(frozen=True, slots=True)
class Unequal:
    """One object over which the sides differ. `late`: the source changed it inside or after the window.

    `alleged`: only the candidate says that it is late; `told` is the newest stamp that it gave the object, and
    `present` the mark of what it holds of it by now. `held`: the candidate had the incumbent's content earlier;
    `held_stamp` is the source's stamp of that version. `inside`: it had that (or as little) at a moment of the window.
    """

    external_id: str
    incumbent: Held
    candidate: Held
    late: bool
    held: bool
    held_stamp: datetime | None
    alleged: bool = False
    told: datetime | None = None
    present: bytes | None = None
    inside: bool = True


async def unequal_in(connection: AsyncConnection, sides: Sides, buckets: Sequence[int]) -> list[Unequal]:
    """Every object of these buckets that lives on one side only or with another content."""
    rows = await connection.execute(text(_statement(sides)), {**sides.binds, "buckets": list(buckets)})
    return [
        Unequal(
            external_id=row.external_id,
            incumbent=Held(row.i_known, row.i_mark, row.i_as_of, row.i_stamp, row.i_fingerprint),
            candidate=Held(row.c_known, row.c_mark, row.c_as_of, row.c_stamp, row.c_fingerprint),
            late=row.late,
            held=row.held,
            held_stamp=row.held_stamp,
            alleged=row.late and not row.surely_late,
            told=row.told,
            present=row.present,
            inside=row.inside,
        )
        for row in rows
    ]


def _statement(sides: Sides) -> str:
    """Digests first; only where they differ is a document taken apart for what is not compared."""
    condition, incumbent, candidate = f"{BUCKET} = ANY(:buckets)", sides.incumbent, sides.candidate
    i_mark = incumbent.marks.sql("d.i_digest", "d.i_document")
    c_mark = candidate.marks.sql("d.c_digest", "d.c_document")
    return f"""
      WITH i AS ({incumbent.images(condition)}), c AS ({candidate.images(condition)}),
      d AS (
        SELECT coalesce(i.external_id, c.external_id) AS external_id,
          i.external_id IS NOT NULL AS i_known, c.external_id IS NOT NULL AS c_known,
          CASE WHEN NOT i.deleted THEN i.digest END AS i_digest, CASE WHEN NOT c.deleted THEN c.digest END AS c_digest,
          i.document AS i_document, i.as_of AS i_as_of, i.stamp AS i_stamp, i.fingerprint AS i_fingerprint,
          c.document AS c_document, c.as_of AS c_as_of, c.stamp AS c_stamp, c.fingerprint AS c_fingerprint,
          i.deleted_as_of AS i_deleted_as_of, c.deleted_as_of AS c_deleted_as_of
        FROM i FULL JOIN c ON c.external_id = i.external_id
        WHERE CASE WHEN NOT i.deleted THEN i.digest END IS DISTINCT FROM CASE WHEN NOT c.deleted THEN c.digest END),
      e AS (
        SELECT d.*, CASE WHEN d.i_digest IS NOT NULL THEN {i_mark} END AS i_mark,
          CASE WHEN d.c_digest IS NOT NULL THEN {c_mark} END AS c_mark FROM d)
      SELECT e.*, {incumbent.late("i")} AS surely_late, {incumbent.late("i")} OR {candidate.late("c")} AS late,
        h.held, h.stamp AS held_stamp, n.told, n.present, w.inside
      FROM e, LATERAL ({candidate.held_before("e.i_mark")}) h, LATERAL ({candidate.by_now("c")}) n,
        LATERAL ({candidate.held_inside("e.i_mark")}) w
      WHERE e.i_mark IS DISTINCT FROM e.c_mark ORDER BY e.external_id"""  # noqa: S608  names of ours


def kind_of(unequal: Unequal) -> DifferenceKind:
    """The class that the two sides tell by themselves; the source may correct it (`kind_after`)."""
    incumbent, candidate = unequal.incumbent, unequal.candidate
    if unequal.late:
        return DifferenceKind.LATE
    if candidate.mark is None:
        return DifferenceKind.DELETE if candidate.known else DifferenceKind.MISSING
    if incumbent.mark is None:
        return DifferenceKind.DELETE if incumbent.known else DifferenceKind.EXTRA
    if unequal.held:
        newer = candidate.stamp and unequal.held_stamp and candidate.stamp > unequal.held_stamp
        return DifferenceKind.STALE if newer else DifferenceKind.ORDER
    if incumbent.stamp is not None and incumbent.stamp == candidate.stamp:
        return DifferenceKind.VALUE
    return DifferenceKind.STALE


def kind_after(unequal: Unequal, kind: DifferenceKind, verdict: Verdict, now: Held) -> DifferenceKind:
    """The class once the source has spoken; `now` is what it holds.

    A candidate that had the right value and left it went backwards, whatever stamp it was given. One that has the
    source's present version and another value in it did not miss it but read it wrongly.
    """
    if kind is not DifferenceKind.STALE or verdict not in (Verdict.CANDIDATE_WRONG, Verdict.BOTH_STALE):
        return kind
    if unequal.held and verdict is Verdict.CANDIDATE_WRONG:
        return DifferenceKind.ORDER
    candidate = unequal.candidate
    if None not in (now.fingerprint, candidate.fingerprint):
        same = now.fingerprint == candidate.fingerprint
    else:
        same = now.stamp is not None and now.stamp == candidate.stamp
    return DifferenceKind.VALUE if same else kind
