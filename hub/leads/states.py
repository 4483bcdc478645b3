"""Which state of a lead may follow which, and what an answer makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.contacts.states import StateTable
from hub.records.enums import LeadRating, LeadState
from hub.records.leads import LeadOutcome

S = LeadState

LEAD_STATES: Final = StateTable(
    "the lead",
    {
        S.ACKNOWLEDGED: frozenset({S.IN_PROGRESS, S.PENDING, S.REJECTED, S.CANCELLED}),
        S.IN_PROGRESS: frozenset({S.PENDING, S.REJECTED, S.CANCELLED}),
        # An offer that the customer wants otherwise goes back to whoever made it.
        S.PENDING: frozenset({S.IN_PROGRESS, S.ACCEPTED, S.REJECTED, S.CANCELLED}),
        S.ACCEPTED: frozenset(),
        S.REJECTED: frozenset(),
        S.CANCELLED: frozenset(),
    },
)
"""TMF699 life cycle. PENDING: the lead was converted, and an offer is with the customer; ACCEPTED: he took it."""

ANSWERED: Final[Mapping[LeadOutcome, LeadState]] = {
    LeadOutcome.CLICKED: S.IN_PROGRESS,
    LeadOutcome.INTEREST: S.IN_PROGRESS,
    LeadOutcome.LATER: S.IN_PROGRESS,
    LeadOutcome.ACCEPTED: S.IN_PROGRESS,
    LeadOutcome.REJECTED: S.REJECTED,
}
"""The state that an answer leads to; it is taken only where the table allows it, and a lead under way stays so."""

RATED: Final[Mapping[LeadOutcome, LeadRating]] = {
    LeadOutcome.CLICKED: LeadRating.WARM,
    LeadOutcome.INTEREST: LeadRating.WARM,
    LeadOutcome.LATER: LeadRating.WARM,
    LeadOutcome.ACCEPTED: LeadRating.HOT,
    LeadOutcome.REJECTED: LeadRating.COLD,
}
"""How an answer rates the lead."""
