"""Every pair of states of every table: allowed, or a conflict that names what is."""

from __future__ import annotations

from enum import StrEnum
from itertools import product
from typing import Any

import pytest

from hub.contacts.states import (
    COMMITMENT_STATES,
    DIALOG_STATES,
    REQUEST_STATES,
    SESSION_PHASES,
    SESSION_STATES,
    TASK_STATES,
    StateTable,
)
from hub.errors import Conflict
from hub.records.contact import CommitmentState, DialogState, SessionPhase, SessionState
from hub.records.enums import RequestState

# Written out a second time, by hand: state, then what may follow. A change of a table is a change of the contract.
ALLOWED: dict[str, tuple[StateTable[Any], type[StrEnum], str]] = {
    "phase": (
        SESSION_PHASES,
        SessionPhase,
        """IDENTIFICATION: EXPLORATION WRAP_UP
           EXPLORATION: DIALOG WRAP_UP
           DIALOG: EXPLORATION WRAP_UP
           WRAP_UP:""",
    ),
    "session": (
        SESSION_STATES,
        SessionState,
        """OPEN: ACTIVE CLOSED WAITING
           ACTIVE: CLOSED WAITING WRAP_UP
           WAITING: ACTIVE CLOSED
           WRAP_UP: CLOSED
           CLOSED:""",
    ),
    "dialog": (
        DIALOG_STATES,
        DialogState,
        """NEW: ACTIVE CANCELLED HOLD
           ACTIVE: CANCELLED COMPLETED HOLD
           HOLD: ACTIVE CANCELLED
           CANCELLED:
           COMPLETED:""",
    ),
    "request": (
        REQUEST_STATES,
        RequestState,
        """ACKNOWLEDGED: ASSESSING_CANCELLATION HELD IN_PROGRESS PENDING REJECTED
           IN_PROGRESS: ASSESSING_CANCELLATION COMPLETED FAILED HELD PARTIAL PENDING
           PENDING: ASSESSING_CANCELLATION FAILED HELD IN_PROGRESS
           HELD: ASSESSING_CANCELLATION FAILED IN_PROGRESS PENDING
           ASSESSING_CANCELLATION: HELD IN_PROGRESS PENDING PENDING_CANCELLATION
           PENDING_CANCELLATION: CANCELLED
           REJECTED:
           CANCELLED:
           FAILED:
           PARTIAL:
           COMPLETED:""",
    ),
    "commitment": (
        COMMITMENT_STATES,
        CommitmentState,
        """OPEN: BROKEN KEPT WITHDRAWN
           BROKEN: KEPT WITHDRAWN
           KEPT:
           WITHDRAWN:""",
    ),
}


def allowed(name: str) -> dict[str, list[str]]:
    lines = (line.strip().partition(":") for line in ALLOWED[name][2].splitlines())
    return {state: may.split() for state, _, may in lines}


@pytest.mark.parametrize("name", ALLOWED)
def test_what_is_allowed_passes_and_everything_else_names_it(name: str) -> None:
    table, states, _ = ALLOWED[name]
    expected = allowed(name)
    assert set(expected) == {state.value for state in states}
    for state, to in product(states, states):
        if to.value in expected[state.value]:
            table.check(state, to)
            continue
        may = ", ".join(expected[state.value]) or "nothing: it has ended"
        with pytest.raises(Conflict) as refused:
            table.check(state, to)
        assert refused.value.message == (
            f"{table.what} is {state.value} and cannot become {to.value}; what may follow is {may}"
        )


@pytest.mark.parametrize("name", ALLOWED)
def test_only_states_that_nothing_follows_have_ended(name: str) -> None:
    table, states, _ = ALLOWED[name]
    assert {state.value for state in states if table.ended(state)} == {s for s, may in allowed(name).items() if not may}


def test_tasks_go_as_dialogs_do() -> None:
    assert TASK_STATES.follows == DIALOG_STATES.follows
