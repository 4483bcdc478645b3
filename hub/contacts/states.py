"""Which state may follow which, for everything a contact is made of: tables, and nothing else decides it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar

from hub.errors import Conflict
from hub.records.contact import CommitmentState, DialogState, SessionPhase, SessionState
from hub.records.enums import RequestState

StateT = TypeVar("StateT", bound=StrEnum)


@dataclass(frozen=True)
class StateTable(Generic[StateT]):
    """The allowed transitions of one kind of object; `what` names it in messages ("the session")."""

    what: str
    follows: Mapping[StateT, frozenset[StateT]]

    def check(self, state: StateT, to: StateT) -> None:
        """Conflict, naming what may follow, unless `to` may. Staying is no transition: it is forbidden too."""
        may = self.follows[state]
        if to not in may:
            named = ", ".join(sorted(may)) or "nothing: it has ended"
            raise Conflict(f"{self.what} is {state.value} and cannot become {to.value}; what may follow is {named}")

    def ended(self, state: StateT) -> bool:
        """Whether nothing may follow."""
        return not self.follows[state]


P, S, D, R, C = SessionPhase, SessionState, DialogState, RequestState, CommitmentState

SESSION_PHASES: Final = StateTable(
    "the contact",
    {
        P.IDENTIFICATION: frozenset({P.EXPLORATION, P.WRAP_UP}),
        P.EXPLORATION: frozenset({P.DIALOG, P.WRAP_UP}),
        # The last dialog ended: the customer may have more on his mind.
        P.DIALOG: frozenset({P.EXPLORATION, P.WRAP_UP}),
        P.WRAP_UP: frozenset(),
    },
)

SESSION_STATES: Final = StateTable(
    "the session",
    {
        S.OPEN: frozenset({S.ACTIVE, S.WAITING, S.CLOSED}),
        S.ACTIVE: frozenset({S.WAITING, S.WRAP_UP, S.CLOSED}),
        S.WAITING: frozenset({S.ACTIVE, S.CLOSED}),
        S.WRAP_UP: frozenset({S.CLOSED}),
        S.CLOSED: frozenset(),
    },
)

DIALOG_STATES: Final = StateTable(
    "the dialog",
    {
        D.NEW: frozenset({D.ACTIVE, D.HOLD, D.CANCELLED}),
        D.ACTIVE: frozenset({D.HOLD, D.CANCELLED, D.COMPLETED}),
        D.HOLD: frozenset({D.ACTIVE, D.CANCELLED}),
        D.CANCELLED: frozenset(),
        D.COMPLETED: frozenset(),
    },
)

TASK_STATES: Final = StateTable("the task", DIALOG_STATES.follows)

REQUEST_STATES: Final = StateTable(
    "the request",
    {
        R.ACKNOWLEDGED: frozenset({R.IN_PROGRESS, R.PENDING, R.HELD, R.REJECTED, R.ASSESSING_CANCELLATION}),
        R.IN_PROGRESS: frozenset({R.PENDING, R.HELD, R.ASSESSING_CANCELLATION, R.COMPLETED, R.PARTIAL, R.FAILED}),
        R.PENDING: frozenset({R.IN_PROGRESS, R.HELD, R.ASSESSING_CANCELLATION, R.FAILED}),
        R.HELD: frozenset({R.IN_PROGRESS, R.PENDING, R.ASSESSING_CANCELLATION, R.FAILED}),
        # Cancelling may be too late: then the work goes on.
        R.ASSESSING_CANCELLATION: frozenset({R.PENDING_CANCELLATION, R.IN_PROGRESS, R.PENDING, R.HELD}),
        R.PENDING_CANCELLATION: frozenset({R.CANCELLED}),
        R.REJECTED: frozenset(),
        R.CANCELLED: frozenset(),
        R.FAILED: frozenset(),
        R.PARTIAL: frozenset(),
        R.COMPLETED: frozenset(),
    },
)
"""TMF622 product order life cycle."""

COMMITMENT_STATES: Final = StateTable(
    "the commitment",
    {
        C.OPEN: frozenset({C.KEPT, C.BROKEN, C.WITHDRAWN}),
        # A call made too late is still a call made; that it was late stays in `broken_at`.
        C.BROKEN: frozenset({C.KEPT, C.WITHDRAWN}),
        C.KEPT: frozenset(),
        C.WITHDRAWN: frozenset(),
    },
)
