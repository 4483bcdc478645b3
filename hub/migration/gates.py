"""The gates a migration must pass: pure functions of the rules and of what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from hub.records.lanes import FlowCadence
from hub.settings.migrations import MigrationRules

Measured: TypeAlias = float | int | str | None

EXAMPLES_SHOWN: Final = 5
NOTHING_COMPARED: Final = "nothing was there to compare: clean, but no proof"


@dataclass(frozen=True, slots=True)
class GateResult:
    """One gate. `measured` None: nothing was there to be measured. `examples` say in words what stands in the way.

    Of a gate that is passed they say that little was there to pass it by.
    """

    name: str
    ok: bool
    measured: Measured
    limit: Measured
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        shown = f": {'; '.join(self.examples)}" if self.examples else ""
        return f"{self.name}: {self.measured} (limit {self.limit}){shown}"


@dataclass(frozen=True, slots=True)
class WindowFacts:
    """A compared window as the gates see it. `against` are examples of differences that speak against the candidate."""

    number: int
    clean: bool
    unexplained: int
    unexplained_on_keys: int
    lag_p95_s: float | None
    against: tuple[str, ...]
    compared: int


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the gates depend on. `windows` newest last. `budget_share` None: the candidate calls no system."""

    cadence: FlowCadence
    outbound: bool
    windows: Sequence[WindowFacts]
    waiting: int
    quarantine_open: int
    budget_share: float | None
    unmet: Sequence[str]


def clean_in_a_row(windows: Sequence[WindowFacts]) -> int:
    """How many of the newest windows are clean without a break."""
    for place, window in enumerate(reversed(windows)):
        if not window.clean:
            return place
    return len(windows)


def evaluate(rules: MigrationRules, facts: Facts) -> list[GateResult]:
    """Every gate that applies to the flow, in the order in which a person would look at them."""
    return list(_results(rules, facts))


def refused(results: Sequence[GateResult]) -> list[GateResult]:
    """The gates that are not passed."""
    return [result for result in results if not result.ok]


def warnings(results: Sequence[GateResult]) -> list[str]:
    """What a person should know of gates that are passed."""
    return [f"{result.name}: {example}" for result in results if result.ok for example in result.examples]


def _results(rules: MigrationRules, facts: Facts) -> Iterator[GateResult]:
    counted = facts.windows[-rules.clean_windows :]
    clean = clean_in_a_row(facts.windows)
    dirty = [example for window in counted if not window.clean for example in window.against]
    few = _few(dirty)
    if counted and not dirty and not any(window.compared for window in counted):
        few = (NOTHING_COMPARED,)
    yield GateResult("clean_windows", clean >= rules.clean_windows, clean, rules.clean_windows, few)
    worst = max((window.unexplained for window in counted), default=0)
    yield GateResult("unexplained", worst <= rules.unexplained_max, worst, rules.unexplained_max, _few(dirty))
    keys = max((window.unexplained_on_keys for window in counted), default=0)
    on_keys = [example for window in counted if window.unexplained_on_keys for example in window.against]
    yield GateResult("unexplained_on_key_fields", keys == 0, keys, 0, _few(on_keys))
    lags = [window.lag_p95_s for window in counted if window.lag_p95_s is not None]
    lag, limit = max(lags, default=None), rules.lag_limit_s(facts.cadence)
    yield GateResult("lag_p95_s", lag is None or lag <= limit, lag, limit)
    held, most = facts.quarantine_open, rules.quarantine_open_max
    yield GateResult("quarantine_open", held <= most, held, most)
    if facts.outbound and rules.net_effects_equal:
        unequal = sum(window.unexplained for window in counted)
        against = [example for window in counted if window.unexplained for example in window.against]
        yield GateResult("net_effects_equal", unequal == 0, unequal, 0, _few(against))
    share = None if facts.budget_share is None else round(facts.budget_share, 3)
    yield GateResult("budget_share", share is None or share <= rules.budget_share, share, rules.budget_share)
    if rules.prerequisites:
        yield GateResult("prerequisites", not facts.unmet, len(facts.unmet), 0, _few(facts.unmet))
    yield GateResult("windows_waiting", facts.waiting == 0, facts.waiting, 0)


def _few(examples: Sequence[str]) -> tuple[str, ...]:
    return tuple(examples[:EXAMPLES_SHOWN])
