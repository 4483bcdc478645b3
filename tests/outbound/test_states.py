"""Every pair of states of a delivery and of a print run: allowed, or a conflict that names what is."""

from __future__ import annotations

from enum import StrEnum
from itertools import product
from typing import Any

import pytest

from hub.contacts.states import StateTable
from hub.errors import Conflict
from hub.outbound.states import DELIVERY_STATES, PRINT_RUN_STATES, WAITING
from hub.records.outbound import DeliveryState, PrintRunState

# Written out a second time, by hand: state, then what may follow. A change of a table is a change of the contract.
ALLOWED: dict[str, tuple[StateTable[Any], type[StrEnum], str]] = {
    "delivery": (
        DELIVERY_STATES,
        DeliveryState,
        """PLANNED: CLAIMED EXPIRED STOPPED
           CLAIMED: EXPIRED FAILED PLANNED SENDING SENT STOPPED
           SENDING: FAILED PLANNED SENT UNKNOWN
           UNKNOWN: BOUNCED FAILED PLANNED SENT STOPPED
           SENT: BOUNCED
           FAILED:
           BOUNCED:
           STOPPED:
           EXPIRED:""",
    ),
    "run": (
        PRINT_RUN_STATES,
        PrintRunState,
        """OPEN: CLOSED
           CLOSED: DELIVERED STAGED
           STAGED: DELIVERED
           DELIVERED:""",
    ),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_what_is_allowed_passes_and_everything_else_names_it(name: str) -> None:
    table, states, written = ALLOWED[name]
    lines = (line.strip().partition(":") for line in written.splitlines())
    expected = {state: may.split() for state, _, may in lines}
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


def test_what_may_have_left_is_not_waiting() -> None:
    assert {state for state in DeliveryState if DeliveryState.STOPPED in DELIVERY_STATES.follows[state]} == (
        WAITING | {DeliveryState.UNKNOWN}
    )
    assert DeliveryState.STOPPED not in DELIVERY_STATES.follows[DeliveryState.SENDING]
