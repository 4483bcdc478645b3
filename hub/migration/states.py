"""Which state of a migration may follow which: one table, and nothing else decides it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.errors import Conflict
from hub.records.migration import MigrationState

S = MigrationState

FOLLOWS: Final[Mapping[MigrationState, frozenset[MigrationState]]] = {
    S.DRAFT: frozenset({S.PREFLIGHT, S.ABORTED}),
    S.PREFLIGHT: frozenset({S.SEEDING, S.ABORTED}),
    S.SEEDING: frozenset({S.SHADOW, S.PAUSED, S.ABORTED}),
    S.SHADOW: frozenset({S.GATED, S.PAUSED, S.ABORTED}),
    # A window that is not clean takes the gates back.
    S.GATED: frozenset({S.SHADOW, S.APPROVED, S.PAUSED, S.ABORTED}),
    # One after the approval takes that back too; a clean one only adds to what was approved.
    S.APPROVED: frozenset({S.SHADOW, S.CUTTING_OVER, S.PAUSED, S.ABORTED}),
    # From here on authority has moved: the only way back is a rollback.
    S.CUTTING_OVER: frozenset({S.OBSERVING, S.ROLLING_BACK}),
    S.OBSERVING: frozenset({S.COMPLETED, S.ROLLING_BACK, S.PAUSED}),
    S.COMPLETED: frozenset({S.ROLLING_BACK}),
    S.PAUSED: frozenset({S.SEEDING, S.SHADOW, S.GATED, S.APPROVED, S.OBSERVING, S.ROLLING_BACK, S.ABORTED}),
    S.ABORTED: frozenset(),
    S.ROLLING_BACK: frozenset({S.ROLLED_BACK}),
    S.ROLLED_BACK: frozenset(),
}

ENDED: Final = frozenset({S.COMPLETED, S.ABORTED, S.ROLLED_BACK})
COMPARING: Final = frozenset({S.SHADOW, S.GATED, S.APPROVED})
"""The candidate runs beside the incumbent and windows are compared."""
MOVING: Final = frozenset({S.SEEDING, S.SHADOW, S.CUTTING_OVER, S.OBSERVING, S.ROLLING_BACK})
"""The hub goes on by itself; in every other state a person decides what is next, or nothing is."""
CUT_OVER: Final = frozenset({S.CUTTING_OVER, S.OBSERVING, S.COMPLETED, S.ROLLING_BACK, S.ROLLED_BACK})


def allowed(state: MigrationState, paused_from: MigrationState | None) -> frozenset[MigrationState]:
    """What may follow; a paused migration only goes back to where it was, or as far as that state could be left."""
    if state is not S.PAUSED or paused_from is None:
        return FOLLOWS[state]
    ends = {S.ROLLING_BACK} if paused_from is S.OBSERVING else {S.ABORTED}
    return frozenset({paused_from, *ends})


def check(state: MigrationState, to: MigrationState, paused_from: MigrationState | None = None) -> None:
    """Conflict, naming what may follow, unless `to` may."""
    may = allowed(state, paused_from)
    if to in may:
        return
    named = ", ".join(sorted(may)) or "nothing: it has ended"
    raise Conflict(f"the migration is {state.value} and cannot become {to.value}; what may follow is {named}")


def expect(state: MigrationState, *wanted: MigrationState) -> None:
    """Conflict unless a migration in this state is where the step begins."""
    if state not in wanted:
        named = " or ".join(each.value for each in wanted)
        raise Conflict(f"the migration is {state.value}; this needs it to be {named}")
