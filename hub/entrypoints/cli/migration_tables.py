"""Migrations in tables that fit a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from hub.migration.evidence import Evidence
from hub.migration.gates import GateResult
from hub.migration.preflight import Severity
from hub.migration.undo import UndoItem
from hub.reads.migrations import MigrationRow, WindowRow
from hub.reads.seeding import Seeding
from hub.records.migration import MigrationState
from hub.records.states import RunState

S = MigrationState
WAY: Final = (S.PREFLIGHT, S.SEEDING, S.SHADOW, S.GATED, S.APPROVED, S.CUTTING_OVER, S.OBSERVING, S.COMPLETED)


def show_preflight(body: Mapping[str, Any]) -> None:  # Any: the JSON of a Preflight
    """Findings, then the forecast."""
    console = Console(soft_wrap=True)
    if body["findings"]:
        table = Table("", "finding", "covered by", title="What the new lane lacks", title_justify="left")
        for finding in body["findings"]:
            mark = "[red]✗[/red]" if finding["severity"] == Severity.BLOCKER else "[yellow]![/yellow]"
            table.add_row(mark, finding["message"], finding["covered_by"] or "nothing")
        console.print(table)
    else:
        console.print("[green]✓[/green] The new lane can do everything.")
    forecast = body["forecast"]
    table = Table("calls", "a day", title="Forecast at its system", title_justify="left")
    for words, key in (
        ("now", "calls_per_day_now"),
        ("after the cut-over", "calls_per_day_after"),
        ("while both run", "calls_per_day_beside"),
    ):
        table.add_row(words, f"{forecast[key]:,.0f}")
    table.add_row("once, to seed", f"{forecast['seed_calls']:,}")
    console.print(table)
    limit = f"{forecast['requests_per_minute']:,} calls a minute"
    console.print(f"After the cut-over that is {forecast['share']:.1%} of its limit of {limit}.", highlight=False)


def migration_shown(row: MigrationRow, seeding: Seeding | None, now: datetime) -> Iterator[RenderableType]:
    """The object and how far it has come."""
    yield Text.from_markup(
        f"[bold]{row.flow}[/bold] {row.from_cadence} → {row.to_cadence}: [bold]{row.state}[/bold], "
        f"{_ago(now - row.changed_at)} ago"
    )
    at = MigrationState(row.state if row.paused_from is None else row.paused_from)
    if at in WAY:
        yield _Bar(WAY.index(at) + 1, len(WAY), f" {WAY.index(at) + 1} of {len(WAY)}")
    if seeding is not None:
        yield _Bar(seeding.taken, seeding.held, f" {_seeding(seeding, now)}")
    if row.problem is not None:
        yield Text(row.problem, style="red")
    if row.approved_by is not None:
        yield Text(f"approved by {row.approved_by}")
    yield Text(f"evidence: {row.evidence_count} rows, digest {row.evidence_digest.hex()}")


@dataclass(frozen=True)
class _Bar:
    """A bar with words behind it, on one line; no bar where nobody knows of how many."""

    completed: int
    total: int
    words: str

    def __rich_console__(self, _console: Console, _options: ConsoleOptions) -> RenderResult:
        if self.total:
            yield ProgressBar(total=self.total, completed=min(self.completed, self.total), width=40)
        yield Text(self.words if self.total else self.words.strip())


def _seeding(seeding: Seeding, now: datetime) -> str:
    known = "" if seeding.share is None else f" of about {seeding.held:,} ({seeding.share:.0%})"
    words = [f"{seeding.taken:,}{known} records taken in"]
    if seeding.quarantined:
        words.append(f"{seeding.quarantined:,} of them into quarantine")
    if seeding.state is RunState.QUEUED:
        words.append("waits for a worker")
    elif seeding.state in (RunState.FAILED, RunState.INTERRUPTED):
        words.append(f"{seeding.state.value}: {seeding.error_code}")
    elif seeding.started_at is not None:
        words.append(f"for {_ago(now - seeding.started_at)}")
    if seeding.giving_way:
        words.append("makes way for real-time work")
    return ", ".join(words)


def show_migrations(rows: Sequence[MigrationRow]) -> None:
    """One line each, with its id."""
    if not rows:
        Console().print("There is none.")
        return
    table = Table("id", "from", "to", "state", "planned", "cut over", "taken back")
    for row in rows:
        times = (None if at is None else _time(at) for at in (row.created_at, row.cut_over_at, row.rolled_back_at))
        table.add_row(str(row.id), row.from_cadence, row.to_cadence, row.state, *times)
    Console(soft_wrap=True).print(table)


def gates_shown(gates: Sequence[GateResult]) -> Table:
    """Each gate with what stands in the way."""
    table = Table("", "gate", "measured", "limit", "examples")
    for gate in gates:
        mark = "[green]✓[/green]" if gate.ok else "[red]✗[/red]"
        table.add_row(mark, gate.name, _number(gate.measured), _number(gate.limit), "\n".join(gate.examples))
    return table


def windows_shown(windows: Sequence[WindowRow]) -> Iterator[Table]:
    """What each window showed, and the business result: how much earlier the new lane knew. Nothing where none is."""
    if not windows:
        return
    table = Table("#", "until", "compared", "differences", "against", "clean", "earlier by (median, p95)")
    for window in windows:
        if window.compared_at is None:
            table.add_row(_numbered(window), _time(window.until), "waits for the new lane")
            continue
        counts = [f"{count['count']} {count['kind']} {count['verdict'] or ''}".strip() for count in window.counts or ()]
        table.add_row(
            _numbered(window),
            _time(window.until),
            f"{window.compared:,}",
            "\n".join(counts),
            str(window.unexplained),
            "[green]yes[/green]" if window.clean else "[red]no[/red]",
            f"{_seconds(window.freshness_median_s)}, {_seconds(window.freshness_p95_s)}",
        )
    yield table


def show_evidence(rows: Sequence[Evidence]) -> None:
    """One line a row; the bodies are in the JSON."""
    table = Table("#", "at", "what", "digest")
    for row in rows:
        table.add_row(str(row.seq), _time(row.at), row.kind, row.digest.hex()[:16])
    Console().print(table)


def show_undo(items: Sequence[UndoItem]) -> None:
    """What to look at; names of fields, never values."""
    if not items:
        Console().print("There is nothing to undo.")
        return
    table = Table("what", "system", "id", "fields", "at", "still so")
    for item in items:
        still = "yes" if item.stands else "no"
        if item.state is not None:
            still = item.state
        known = item.external_id if item.hub_key is None else f"unknown: find it by the hub's key {item.hub_key}"
        table.add_row(item.kind.value, item.system, known, ", ".join(item.fields), _time(item.at), still)
    Console().print(table)


def _numbered(window: WindowRow) -> str:
    return f"{window.number} (audit)" if window.audit else str(window.number)


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _number(value: float | str | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.3g}" if isinstance(value, float) else str(value)


def _seconds(value: float | None) -> str:
    return "-" if value is None else _ago(timedelta(seconds=value))


def _ago(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if abs(seconds) >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds} s"
