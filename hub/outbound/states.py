"""Which state of a delivery, and of a print run, may follow which."""

from __future__ import annotations

from typing import Final

from hub.contacts.states import StateTable
from hub.records.outbound import DeliveryState, PrintRunState

D, P = DeliveryState, PrintRunState

DELIVERY_STATES: Final = StateTable(
    "the delivery",
    {
        D.PLANNED: frozenset({D.CLAIMED, D.STOPPED, D.EXPIRED}),
        # Given back, or taken out of the run: nothing has left yet.
        D.CLAIMED: frozenset({D.PLANNED, D.SENDING, D.SENT, D.FAILED, D.STOPPED, D.EXPIRED}),
        # PLANNED again only where the server said that it did not take the mail.
        D.SENDING: frozenset({D.SENT, D.PLANNED, D.FAILED, D.UNKNOWN}),
        # SENT as well by the sender itself, where it was only thought to be dead. PLANNED: a person knows better.
        D.UNKNOWN: frozenset({D.SENT, D.PLANNED, D.FAILED, D.BOUNCED, D.STOPPED}),
        D.SENT: frozenset({D.BOUNCED}),
        D.FAILED: frozenset(),
        D.BOUNCED: frozenset(),
        D.STOPPED: frozenset(),
        D.EXPIRED: frozenset(),
    },
)
"""A mail leaves between SENDING and what follows it, a letter and a call between CLAIMED and SENT."""

PRINT_RUN_STATES: Final = StateTable(
    "the print run",
    {
        P.OPEN: frozenset({P.CLOSED}),
        P.CLOSED: frozenset({P.STAGED, P.DELIVERED}),
        P.STAGED: frozenset({P.DELIVERED}),
        P.DELIVERED: frozenset(),
    },
)
"""A run without letters is DELIVERED when it closes."""

WAITING: Final = frozenset({D.PLANNED, D.CLAIMED})
"""What can still be stopped."""

LIVING: Final = WAITING | {D.SENDING, D.SENT, D.UNKNOWN}
"""What is on its way, or has arrived, as far as anybody knows."""
