"""Windows: each completed run of the lane that is compared opens one, and keeps what the comparison showed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.migration.comparison import Comparison, Difference, Window
from hub.migration.gates import WindowFacts
from hub.migration.stored import Migration
from hub.records.migration import DifferenceKind, Verdict
from hub.settings.migrations import MigrationRules

# A batch that a cut-over finds under way is sent to its end, and compared once it is through. A run into the hub is
# refused then, and runs again.
_RUNS: Final = """
FROM flow_run r JOIN lane l ON l.id = r.lane_id JOIN information_flow f ON f.name = l.flow
WHERE r.lane_id = :lane AND r.state = 'COMPLETED' AND r.source_until IS NOT NULL
  AND (r.started_at > :since OR CAST(:audit AS boolean) AND f.target <> 'hub' AND r.finished_at > :since)
  AND NOT EXISTS (SELECT FROM parity_run p WHERE p.migration = :migration AND p.incumbent_run = r.id)"""

# Of what leaves, nothing is compared from before both lanes were recorded.
_OPEN: Final = text(f"""
INSERT INTO parity_run (id, migration, number, audit, since, until, incumbent_run, opened_at)
SELECT gen_random_uuid(), :migration,
  (SELECT coalesce(max(number), 0) FROM parity_run WHERE migration = :migration)
    + row_number() OVER (ORDER BY r.finished_at, r.id),
  :audit, CASE WHEN f.target = 'hub' THEN r.source_since ELSE greatest(r.source_since,
    CASE WHEN r.started_at > :since THEN CAST(:since AS timestamptz) ELSE :both_since END) END,
  r.source_until, r.id, :now {_RUNS}
ORDER BY r.finished_at, r.id
RETURNING number""")  # noqa: S608  constants of this file

_WAITING: Final = text(f"""
SELECT (SELECT count(*) FROM parity_run WHERE migration = :migration AND compared_at IS NULL AND NOT audit)
  + (SELECT count(*) {_RUNS} AND CAST(:before AS boolean))""")  # noqa: S608  constants of this file


@dataclass(frozen=True, slots=True)
class WaitingWindow:
    """A window that nobody has compared yet."""

    id: UUID
    number: int
    audit: bool
    window: Window


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules say of a comparison."""

    clean: bool
    unexplained: int
    unexplained_on_keys: int
    carried: int


async def open_windows(connection: AsyncConnection, migration: Migration, now: datetime) -> int:
    """One for each run of the old lane since the shadow was complete or, as auditor, since the cut-over.

    Tells how many. The migration must be held.
    """
    audit = migration.cut_over_at is not None
    since = migration.cut_over_at if audit else migration.shadow_since
    if since is None:
        return 0
    binds = {"migration": migration.id, "audit": audit, "lane": migration.from_lane, "since": since, "now": now}
    return len((await connection.execute(_OPEN, binds | {"both_since": migration.shadow_since})).all())


async def next_waiting(connection: AsyncConnection, migration: UUID, audit: bool) -> WaitingWindow | None:
    """The oldest window that is not compared."""
    row = (
        await connection.execute(
            text(
                """SELECT id, number, audit, since, until FROM parity_run
                   WHERE migration = :migration AND compared_at IS NULL AND audit = :audit ORDER BY number LIMIT 1"""
            ),
            {"migration": migration, "audit": audit},
        )
    ).one_or_none()
    return None if row is None else WaitingWindow(row.id, row.number, row.audit, Window(row.since, row.until))


def judge(rules: MigrationRules, comparison: Comparison, audit: bool) -> Judged:
    """Clean or not. Of differences beyond the examples nobody knows the fields, so they count as on key fields."""
    against = [difference for difference in comparison.examples if not difference.explained]
    on_keys = sum(1 for difference in against if touches(rules, difference))
    on_keys += max(0, comparison.unexplained - len(against))
    carried = sum(count for (_, verdict), count in comparison.counts.items() if verdict is Verdict.MOVED)
    most = rules.drift_max if audit else rules.unexplained_max
    clean = comparison.unexplained <= most and on_keys == 0
    return Judged(clean, comparison.unexplained, on_keys, carried)


def touches(rules: MigrationRules, difference: Difference) -> bool:
    """Whether it is on a key field; one of the whole object (missing, extra, deleted) is on all of them."""
    roots = {path.replace("/", ".").split(".")[0] for path in difference.paths}
    return not roots or not roots.isdisjoint(rules.key_fields)


async def keep(
    connection: AsyncConnection, window: WaitingWindow, comparison: Comparison, judged: Judged, now: datetime
) -> bool:
    """Store the comparison; False when somebody else has stored one meanwhile."""
    kept = await connection.execute(
        text(
            """UPDATE parity_run SET compared_at = :now, compared = :compared, counts = CAST(:counts AS jsonb),
                 unexplained = :unexplained, unexplained_on_keys = :on_keys, carried = :carried, clean = :clean,
                 shared_versions = :versions, freshness_median_s = :median, freshness_p95_s = :p95,
                 lag_p95_s = :lag, details = CAST(:details AS jsonb), examples = CAST(:examples AS jsonb)
               WHERE id = :id AND compared_at IS NULL"""
        ),
        {
            "id": window.id,
            "now": now,
            "compared": comparison.compared,
            "counts": orjson.dumps(counts_of(comparison)).decode(),
            "unexplained": judged.unexplained,
            "on_keys": judged.unexplained_on_keys,
            "carried": judged.carried,
            "clean": judged.clean,
            "versions": comparison.freshness.versions,
            "median": comparison.freshness.median_s,
            "p95": comparison.freshness.p95_s,
            "lag": comparison.lag_p95_s,
            "details": orjson.dumps(dict(comparison.details), default=str).decode(),
            "examples": orjson.dumps([_plain(difference) for difference in comparison.examples]).decode(),
        },
    )
    return bool(kept.rowcount)


def counts_of(comparison: Comparison) -> list[dict[str, object]]:
    """The counts as rows, in a fixed order."""
    rows: list[dict[str, object]] = [
        {"kind": kind.value, "verdict": None if verdict is None else verdict.value, "count": count}
        for (kind, verdict), count in comparison.counts.items()
    ]
    return sorted(rows, key=lambda row: (str(row["kind"]), str(row["verdict"])))


def _plain(difference: Difference) -> dict[str, object]:
    return {
        "external_id": difference.external_id,
        "kind": difference.kind.value,
        "verdict": None if difference.verdict is None else difference.verdict.value,
        "paths": list(difference.paths),
        "incumbent_as_of": difference.incumbent_as_of,
        "candidate_as_of": difference.candidate_as_of,
        "explained": difference.explained,
    }


def in_words(difference: Difference) -> str:
    """One line: id, class, verdict and fields."""
    verdict = "" if difference.verdict is None else f" {difference.verdict.value}"
    paths = f" {', '.join(difference.paths)}" if difference.paths else ""
    return f"{difference.external_id} {difference.kind.value}{verdict}{paths}"


async def window_facts(connection: AsyncConnection, migration: UUID, *, audit: bool) -> list[WindowFacts]:
    """Every compared window as the gates see it, oldest first."""
    rows = await connection.execute(
        text(
            """SELECT number, clean, unexplained, unexplained_on_keys, lag_p95_s, compared,
                 (SELECT jsonb_agg(e ORDER BY place) FROM (
                    SELECT e, place FROM jsonb_array_elements(examples) WITH ORDINALITY AS listed(e, place)
                    WHERE NOT (e->>'explained')::boolean ORDER BY place LIMIT 5) AS few) AS against
               FROM parity_run WHERE migration = :migration AND audit = :audit AND compared_at IS NOT NULL
               ORDER BY number"""
        ),
        {"migration": migration, "audit": audit},
    )
    return [
        WindowFacts(
            number=row.number,
            clean=row.clean,
            unexplained=row.unexplained,
            unexplained_on_keys=row.unexplained_on_keys,
            lag_p95_s=row.lag_p95_s,
            against=_lines(row.against or []),
            compared=row.compared,
        )
        for row in rows
    ]


def _lines(examples: Sequence[dict[str, object]]) -> tuple[str, ...]:
    return tuple(in_words(difference_of(example)) for example in examples)


def difference_of(example: dict[str, object]) -> Difference:
    """A stored example read back, without its times."""
    verdict, paths = example["verdict"], example["paths"]
    return Difference(
        external_id=str(example["external_id"]),
        kind=DifferenceKind(str(example["kind"])),
        verdict=None if verdict is None else Verdict(str(verdict)),
        paths=tuple(str(path) for path in paths) if isinstance(paths, list) else (),
    )


async def waiting(connection: AsyncConnection, migration: Migration) -> int:
    """How many windows before the cut-over are not compared.

    A run that has ended counts as soon as it has: whoever opens its window may be behind, or kept by a pause.
    """
    binds = {"migration": migration.id, "lane": migration.from_lane, "since": migration.shadow_since}
    before = migration.cut_over_at is None
    count: int = await connection.scalar(_WAITING, binds | {"before": before, "audit": False})
    return count
