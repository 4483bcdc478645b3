"""Migrations in tables that fit a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from rich.console import Console
from rich.progress_bar import ProgressBar
from rich.table import Table

from hub.migration.evidence import Evidence
from hub.migration.gates import GateResult
from hub.migration.preflight import Severity
from hub.migration.undo import UndoItem
from hub.reads.migrations import MigrationRow, WindowRow
from hub.records.migration import MigrationState

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


def show_migration(row: MigrationRow, now: datetime) -> None:
    """The object and how far it has come."""
    console = Console(soft_wrap=True)
    state = MigrationState(row.state)
    console.print(
        f"[bold]{row.flow}[/bold] {row.from_cadence} → {row.to_cadence}: [bold]{row.state}[/bold], "
        f"{_ago(now - row.changed_at)} ago",
        highlight=False,
    )
    at = state if row.paused_from is None else MigrationState(row.paused_from)
    if at in WAY:
        console.print(ProgressBar(total=len(WAY), completed=WAY.index(at) + 1, width=40), end="")
        console.print(f" {WAY.index(at) + 1} of {len(WAY)}", highlight=False)
    if row.problem is not None:
        console.print(f"[red]{row.problem}[/red]", highlight=False)
    if row.approved_by is not None:
        console.print(f"approved by {row.approved_by}", highlight=False)
    console.print(f"evidence: {row.evidence_count} rows, digest {row.evidence_digest.hex()}", highlight=False)


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


def show_gates(gates: Sequence[GateResult]) -> None:
    """Each gate with what stands in the way."""
    table = Table("", "gate", "measured", "limit", "examples")
    for gate in gates:
        mark = "[green]✓[/green]" if gate.ok else "[red]✗[/red]"
        table.add_row(mark, gate.name, _number(gate.measured), _number(gate.limit), "\n".join(gate.examples))
    Console().print(table)


def show_windows(windows: Sequence[WindowRow]) -> None:
    """What each window showed, and the business result: how much earlier the new lane knew."""
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
    Console().print(table)


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
        table.add_row(item.kind.value, item.system, item.external_id, ", ".join(item.fields), _time(item.at), still)
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
