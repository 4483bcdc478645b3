"""The figures of one group of contacts; docs/steering.md has the formula of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many."""

    met: int = 0
    of: int = 0

    @property
    def share(self) -> float | None:
        """None where there is nothing to divide by."""
        return self.met / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Spread:
    """Durations in seconds: the middle one, and the one that nine of ten stay within (both interpolated)."""

    count: int = 0
    median_s: float | None = None
    p90_s: float | None = None


@dataclass(frozen=True, slots=True)
class Money:
    """Over the contacts in channels that have a cost or a yield."""

    contacts: int = 0
    cost: Decimal = Decimal(0)
    yielded: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Feedback:
    """CSAT of 4 or 5 is satisfied; NPS is per cent of promoters (9, 10) minus per cent of detractors (0 to 6)."""

    satisfied: Share = Share()
    csat: float | None = None
    nps_answers: int = 0
    nps: float | None = None


@dataclass(frozen=True, slots=True)
class ContactFigures:
    """Contacts that began in the period."""

    contacts: int = 0
    service_level: Share = Share()
    response_time: Spread = Spread()
    handling_time: Spread = Spread()
    transferred: Share = Share()
    first_contact_resolution: Share = Share()
    repeated: Share = Share()
    feedback: Feedback = Feedback()
    money: Money = Money()


@dataclass(frozen=True, slots=True)
class StepTime:
    """A task of requests on one topic: from the end of the one before it to its own."""

    topic: str | None
    step: str
    lead_time: Spread
    open: int


@dataclass(frozen=True, slots=True)
class RequestFigures:
    """Requests opened in the period."""

    opened: int = 0
    completed: int = 0
    service_level: Share = Share()
    response_time: Spread = Spread()
    lead_time: Spread = Spread()


@dataclass(frozen=True, slots=True)
class OfferFigures:
    """Offers of which anything was heard in the period, each counted once where and when that began."""

    shown: int = 0
    clicked: int = 0
    accepted: int = 0
    rejected: int = 0
    later: int = 0
    dismissed: int = 0
    conversion: Share = Share()


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything of one group; `group` None: all, or what belongs to none."""

    group: str | None
    contacts: ContactFigures = ContactFigures()
    requests: RequestFigures = RequestFigures()
    steps: Sequence[StepTime] = ()
    offers: OfferFigures = OfferFigures()
    commitments: Share = Share()
