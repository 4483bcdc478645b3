"""Every pair of states of a lead: allowed, or a conflict that names what is."""

from __future__ import annotations

from itertools import product

import pytest

from hub.errors import Conflict
from hub.leads.states import ANSWERED, LEAD_STATES, RATED
from hub.records.enums import LeadState
from hub.records.leads import LeadOutcome

# Written out a second time, by hand: a change of the table is a change of the contract.
ALLOWED = {
    "ACKNOWLEDGED": ["CANCELLED", "IN_PROGRESS", "PENDING", "REJECTED"],
    "IN_PROGRESS": ["CANCELLED", "PENDING", "REJECTED"],
    "PENDING": ["ACCEPTED", "CANCELLED", "IN_PROGRESS", "REJECTED"],
    "ACCEPTED": [],
    "REJECTED": [],
    "CANCELLED": [],
}


def test_the_table_has_every_state() -> None:
    assert set(ALLOWED) == {state.value for state in LeadState} == {state.value for state in LEAD_STATES.follows}


@pytest.mark.parametrize(("state", "to"), list(product(LeadState, LeadState)))
def test_what_is_allowed_passes_and_everything_else_names_it(state: LeadState, to: LeadState) -> None:
    if to.value in ALLOWED[state.value]:
        LEAD_STATES.check(state, to)
        return
    may = ", ".join(ALLOWED[state.value]) or "nothing: it has ended"
    with pytest.raises(Conflict) as refused:
        LEAD_STATES.check(state, to)
    assert refused.value.message == f"the lead is {state} and cannot become {to}; what may follow is {may}"


def test_every_answer_leads_somewhere_that_a_new_lead_can_go() -> None:
    assert set(ANSWERED) == set(RATED) == set(LeadOutcome)
    assert {to.value for to in ANSWERED.values()} <= set(ALLOWED["ACKNOWLEDGED"])
