"""Next best actions: a decision, its entries, and every candidate when it is explained."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry
from strawberry.relay import GlobalID

from hub.offers.arbitrate import Candidate
from hub.offers.catalogue import Catalogue
from hub.offers.considered import Considered
from hub.offers.question import Question
from hub.reads.consider import consider
from hub.reads.decisions import ActionRow, DecisionRow, actions_of, decision_by_id, standing_decision
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.types.enums import DecisionCause, DecisionSource, NbaDropReason, NbaOutcome

_EXPLAINS = Requires(Scope.OFFERS_EXPLAIN)


@strawberry.type(description="What the customer sees or hears.")
class OfferContent:
    """In his language where the catalogue has it."""

    title: str = strawberry.field(description="In a few words.")
    text: str | None = strawberry.field(description="The words of the offer; for an agent, his script.")
    link: str | None = strawberry.field(description="Where it leads.")


@strawberry.type(description="The factors of an offer's priority.")
class OfferFactors:
    """One that the catalogue switches off is 1."""

    propensity: float = strawberry.field(description="P: the chance that the customer accepts.")
    context: float = strawberry.field(description="C: 1 + sum of the context weights / 100.")
    value: float = strawberry.field(description="V: what an acceptance is worth.")
    levers: float = strawberry.field(description="L: 1 + sum of the levers of issue, group and proposition / 100.")

    priority: float = strawberry.field(description="P x C x V x L; the list is ordered by it.")

    @classmethod
    def of(cls, one: ActionRow | Candidate) -> Self:
        """Of an entry or a candidate."""
        return cls(
            propensity=one.propensity,
            context=one.context,
            value=one.value,
            levers=one.levers,
            priority=one.propensity * one.context * one.value * one.levers,
        )


@strawberry.type(description="One entry of a ranked list: what to offer this customer now.")
class NextBestAction:
    """A proposition as it is presented to him."""

    key: strawberry.ID | None = strawberry.field(
        name="id", description="Name it when you report what became of it; null in a list that was not kept."
    )
    rank: int = strawberry.field(description="1 is the best.")
    proposition: str = strawberry.field(description="Name of the proposition in the catalogue.")
    name: str = strawberry.field(description="The proposition's name for people.")
    issue: str | None = strawberry.field(description="The business issue it serves.")
    group: str | None = strawberry.field(description="Its group.")
    treatment: str = strawberry.field(description="Which of its presentations this customer gets.")
    content: OfferContent | None = strawberry.field(
        description="What to show or say; null once the catalogue no longer has it."
    )
    weighed: strawberry.Private[OfferFactors]
    outcome: NbaOutcome = strawberry.field(description="What became of it so far.")
    outcome_at: datetime | None = strawberry.field(description="Since when.")

    @resolved("Why it ranks where it does; not for customers, whom it would tell what they are worth.", _EXPLAINS)
    def factors(self) -> OfferFactors | None:
        """As they were when it was ranked."""
        return self.weighed

    @classmethod
    def kept(cls, row: ActionRow, catalogue: Catalogue, decision: DecisionRow) -> Self:
        """From a decision's entry; what the catalogue says of it may have changed since."""
        known = catalogue.propositions.get(row.proposition)
        return cls(
            key=strawberry.ID(str(GlobalID("NextBestAction", str(row.id)))),
            rank=row.rank,
            proposition=row.proposition,
            name=row.proposition if known is None else known.title,
            issue=None if known is None else known.issue,
            group=None if known is None else known.group,
            treatment=row.treatment,
            content=content_of(catalogue, row.proposition, row.treatment, decision.channel, decision.language),
            weighed=OfferFactors.of(row),
            outcome=NbaOutcome(row.outcome),
            outcome_at=row.outcome_at,
        )

    @classmethod
    def of(cls, one: Candidate, catalogue: Catalogue, channel: str, language: str | None) -> Self:
        """From a ranked candidate that nobody has seen."""
        about, treatment = one.proposition, one.treatment or ""
        return cls(
            key=None,
            rank=one.rank or 0,
            proposition=about.name,
            name=about.title,
            issue=about.issue,
            group=about.group,
            treatment=treatment,
            content=content_of(catalogue, about.name, treatment, channel, language),
            weighed=OfferFactors.of(one),
            outcome=NbaOutcome.PENDING,
            outcome_at=None,
        )

    @classmethod
    def ranked(cls, found: Considered, catalogue: Catalogue) -> list[Self]:
        """The list that would be put before the customer, which nobody has seen."""
        channel, language = found.occasion.channel, found.language
        ranked = [one for one in found.candidates(catalogue) if one.rank is not None]
        return [cls.of(one, catalogue, channel, language) for one in ranked]

    @classmethod
    async def of_session(cls, info: Info, customer: UUID, question: Question) -> list[NextBestAction]:
        """The list that stands for the session, with ids; before the first request what would be offered now."""
        async with info.context.reading() as connection:
            standing = await standing_decision(
                connection, customer, question.channel, question.session, info.context.reach
            )
        decision = None if standing is None else await Decision.visible(info, standing.id)
        if decision is not None:
            return decision.actions[: question.limit]
        return cls.ranked(await considered(info, customer, question), info.context.hub.offering.catalogue)


@strawberry.type(description="One ranked answer to one question, kept.")
class Decision:
    """The list that stands until a later one of the same session, or of the channel without one."""

    key: strawberry.ID = strawberry.field(name="id", description="Names the decision.")
    channel: str = strawberry.field(description="The channel it was made for.")
    source: DecisionSource = strawberry.field(description="Who ranked.")
    cause: DecisionCause = strawberry.field(description="Why it was made.")
    catalogue: str = strawberry.field(description="Version of the catalogue it was made by.")
    decided_at: datetime = strawberry.field(description="When.")
    actions: list[NextBestAction] = strawberry.field(description="The list, best first; at most 50.")

    @classmethod
    def of(cls, row: DecisionRow, actions: Sequence[ActionRow], catalogue: Catalogue) -> Self:
        """The type from its rows."""
        return cls(
            key=strawberry.ID(str(GlobalID("Decision", str(row.id)))),
            channel=row.channel,
            source=DecisionSource(row.source),
            cause=DecisionCause(row.cause),
            catalogue=row.catalogue,
            decided_at=row.decided_at,
            actions=[NextBestAction.kept(action, catalogue, row) for action in actions],
        )

    @classmethod
    async def visible(cls, info: Info, identity: UUID) -> Self | None:
        """The decision if the caller may see its customer; that he is shown it is audited."""
        async with info.context.reading() as connection:
            row = await decision_by_id(connection, identity, info.context.reach)
            actions = [] if row is None else await actions_of(connection, identity)
        if row is None:
            return None
        info.context.shows(info, [row.customer_id])
        return cls.of(row, actions, info.context.hub.offering.catalogue)


@strawberry.type(description="One proposition as the decision saw it: ranked, or dropped at a gate.")
class OfferCandidate:
    """Every proposition of the catalogue is one."""

    proposition: str = strawberry.field(description="Name of the proposition in the catalogue.")
    name: str = strawberry.field(description="The proposition's name for people.")
    rank: int | None = strawberry.field(description="Its place on the list; null if it was dropped.")
    dropped: NbaDropReason | None = strawberry.field(description="The first gate that it did not pass.")
    detail: str | None = strawberry.field(description="What that gate says, such as the condition that does not hold.")
    treatment: str | None = strawberry.field(description="The presentation this customer gets or would get.")
    factors: OfferFactors = strawberry.field(description="Its factors, whether or not it was dropped.")

    @classmethod
    def of(cls, one: Candidate) -> Self:
        """The type from a candidate."""
        return cls(
            proposition=one.proposition.name,
            name=one.proposition.title,
            rank=one.rank,
            dropped=one.dropped,
            detail=one.detail,
            treatment=one.treatment,
            factors=OfferFactors.of(one),
        )


async def considered(info: Info, customer: UUID, question: Question) -> Considered:
    """The customer as the caller may see him, ready to be ranked; that he is shown is audited."""
    context = info.context
    catalogue = context.hub.offering.catalogue
    async with context.reading() as connection:
        found = await consider(connection, catalogue, customer, question, context.reach, context.now())
    context.shows(info, [found.customer])
    return found


def content_of(
    catalogue: Catalogue, proposition: str, treatment: str, channel: str, language: str | None
) -> OfferContent | None:
    """What a treatment shows in a channel, if the catalogue still has it."""
    known = catalogue.propositions.get(proposition)
    presented = None if known is None else known.treatments.get(treatment)
    content = None if presented is None else catalogue.content_of(presented, channel, language)
    return None if content is None else OfferContent(title=content.title, text=content.text, link=content.link)
