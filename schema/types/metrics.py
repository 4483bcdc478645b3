"""How contacts go, in figures."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Self

import strawberry

from hub.steering import figures


@strawberry.type(description="How many of how many.")
class MetricShare:
    """Both numbers, since a share of few tells little."""

    met: int = strawberry.field(description="How many fulfil it.")
    of: int = strawberry.field(description="Of how many.")
    share: float | None = strawberry.field(description="The first by the second, 0 to 1; null where there are none.")

    @classmethod
    def told(cls, share: figures.Share) -> Self:
        """The type from the figure."""
        return cls(met=share.met, of=share.of, share=share.share)


@strawberry.type(description="Durations.")
class MetricSpread:
    """In seconds, interpolated where the rank falls between two."""

    count: int = strawberry.field(description="How many there are.")
    median_s: float | None = strawberry.field(description="Half of them are no longer, in seconds; null without any.")
    p90_s: float | None = strawberry.field(description="Nine of ten are no longer, in seconds.")

    @classmethod
    def told(cls, spread: figures.Spread) -> Self:
        """The type from the figure."""
        return cls(count=spread.count, median_s=spread.median_s, p90_s=spread.p90_s)


@strawberry.type(description="What customers said of their contacts.")
class FeedbackMetrics:
    """As they said at the wrap-up."""

    satisfied: MetricShare = strawberry.field(description="CSAT of 4 or 5, of all who gave one.")
    csat: float | None = strawberry.field(description="Mean CSAT, 1 to 5.")
    nps_answers: int = strawberry.field(description="How many said how likely they recommend the company.")
    nps: float | None = strawberry.field(description="Promoters (9, 10) minus detractors (0 to 6), -100 to 100.")


@strawberry.type(description="What contacts cost and yield, by hub.yaml's figures per channel.")
class ContactEconomy:
    """Only of channels that have such figures."""

    contacts: int = strawberry.field(description="Contacts in those channels.")
    cost: Decimal = strawberry.field(description="What they cost together.")
    yielded: Decimal = strawberry.field(name="yield", description="What they yield together.")
    currency: str = strawberry.field(description="ISO 4217.")


@strawberry.type(description="Requests opened in the period.")
class RequestMetrics:
    """In the channel and on the topic they were opened by."""

    opened: int = strawberry.field(description="How many.")
    completed: int = strawberry.field(description="How many of them are COMPLETED by now.")
    service_level: MetricShare = strawberry.field(description="First answer within the response target.")
    response_time: MetricSpread = strawberry.field(description="From opening to the first answer.")
    lead_time: MetricSpread = strawberry.field(description="From opening to the end.")

    @classmethod
    def told(cls, found: figures.RequestFigures) -> Self:
        """The type from the figures."""
        return cls(
            opened=found.opened,
            completed=found.completed,
            service_level=MetricShare.told(found.service_level),
            response_time=MetricSpread.told(found.response_time),
            lead_time=MetricSpread.told(found.lead_time),
        )


@strawberry.type(description="How long one step of requests takes: where a process stalls.")
class StepMetrics:
    """Of requests opened in the period."""

    topic: str | None = strawberry.field(description="The topic of the requests.")
    step: str = strawberry.field(description="Name of the task.")
    lead_time: MetricSpread = strawberry.field(description="From the end of the step before it to its own end.")
    open: int = strawberry.field(description="How many still wait to be done.")


@strawberry.type(description="What became of offers, each counted once.")
class OfferMetrics:
    """Offers of which anything happened in the period."""

    shown: int = strawberry.field(description="Customers saw or heard them.")
    clicked: int = strawberry.field(description="They looked closer.")
    accepted: int = strawberry.field(description="They took them.")
    rejected: int = strawberry.field(description="They refused them.")
    later: int = strawberry.field(description="They want to think about them.")
    dismissed: int = strawberry.field(description="They closed them.")
    conversion: MetricShare = strawberry.field(description="Accepted, of those shown.")

    @classmethod
    def told(cls, found: figures.OfferFigures) -> Self:
        """The type from the figures."""
        return cls(
            shown=found.shown,
            clicked=found.clicked,
            accepted=found.accepted,
            rejected=found.rejected,
            later=found.later,
            dismissed=found.dismissed,
            conversion=MetricShare.told(found.conversion),
        )


@strawberry.type(description="How contacts of a period go. docs/steering.md has the formulas.")
class ContactMetrics:
    """Numbers of contacts, never of a person."""

    group: str | None = strawberry.field(
        description="Name of the channel or topic, or the first day of the group; null for all, or what has none."
    )
    contacts: int = strawberry.field(description="Contacts that began in the period.")
    service_level: MetricShare = strawberry.field(description="Inbound contacts answered within the target.")
    response_time: MetricSpread = strawberry.field(description="From the start of an inbound contact to its answer.")
    handling_time: MetricSpread = strawberry.field(description="Time in which somebody served, work after it included.")
    transferred: MetricShare = strawberry.field(description="Answered contacts that were handed on.")
    first_contact_resolution: MetricShare = strawberry.field(
        description="First contacts on a topic after which the customer did not come back about it."
    )
    repeated: MetricShare = strawberry.field(description="Contacts on a topic that the customer was here about before.")
    feedback: FeedbackMetrics = strawberry.field(description="What customers said.")
    economy: ContactEconomy = strawberry.field(description="What contacts cost and yield.")
    requests: RequestMetrics = strawberry.field(description="Requests opened in the period.")
    steps: list[StepMetrics] = strawberry.field(description="Lead time of each step of those requests.")
    offers: OfferMetrics = strawberry.field(description="The funnel of next best actions.")
    kept_commitments: MetricShare = strawberry.field(description="Promises kept in time, of those due in the period.")

    @classmethod
    def told(cls, found: figures.Figures, currency: str) -> Self:
        """The type from the figures."""
        contacts = found.contacts
        return cls(
            group=found.group,
            contacts=contacts.contacts,
            service_level=MetricShare.told(contacts.service_level),
            response_time=MetricSpread.told(contacts.response_time),
            handling_time=MetricSpread.told(contacts.handling_time),
            transferred=MetricShare.told(contacts.transferred),
            first_contact_resolution=MetricShare.told(contacts.first_contact_resolution),
            repeated=MetricShare.told(contacts.repeated),
            feedback=_feedback(contacts.feedback),
            economy=_economy(contacts.money, currency),
            requests=RequestMetrics.told(found.requests),
            steps=_steps(found.steps),
            offers=OfferMetrics.told(found.offers),
            kept_commitments=MetricShare.told(found.commitments),
        )


def _feedback(found: figures.Feedback) -> FeedbackMetrics:
    return FeedbackMetrics(
        satisfied=MetricShare.told(found.satisfied), csat=found.csat, nps_answers=found.nps_answers, nps=found.nps
    )


def _economy(money: figures.Money, currency: str) -> ContactEconomy:
    return ContactEconomy(contacts=money.contacts, cost=money.cost, yielded=money.yielded, currency=currency)


def _steps(steps: Sequence[figures.StepTime]) -> list[StepMetrics]:
    return [
        StepMetrics(topic=one.topic, step=one.step, lead_time=MetricSpread.told(one.lead_time), open=one.open)
        for one in steps
    ]
