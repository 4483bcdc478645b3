"""The catalogue of propositions as marketers write it: what can be offered, to whom, how, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import AwareDatetime, Field

from hub.records.enums import LegalBasis
from hub.records.offers import ContactEventKind, PolicyScope
from hub.settings.written import Name, Written

PROPOSITIONS_MAX: Final = 2_000
"""A decision looks at all of them; beyond this one could not be made while a page loads."""

Weight = Annotated[float, Field(ge=-100, le=1_000)]
Share = Annotated[float, Field(ge=0, le=1)]
Period = Annotated[float, Field(gt=0, le=730)]


class Content(Written):
    """What the customer sees or hears, in one language."""

    title: str = Field(min_length=1, max_length=200, description="In a few words.")
    text: str | None = Field(None, max_length=5_000, description="The words of the offer; an agent's script.")
    link: str | None = Field(None, max_length=500, description="Where it leads.")


class Treatment(Written):
    """One way to present a proposition."""

    share: float = Field(1, gt=0, le=1_000, description="How often it is taken, relative to the other treatments.")
    content: Mapping[Name, Mapping[str, Content]] = Field(
        min_length=1, description="Channel: language (BCP 47): content. Every channel has the catalogue's `language`."
    )


class ContextRule(Written):
    """Weight that the moment lends to a proposition."""

    when: str = Field(description="JMESPath condition over the view; see docs/offers.md.")
    weight: Weight = Field(description="Per cent added to the context factor while the condition holds.")


class ConsentRule(Written):
    """What the customer must have allowed."""

    purpose: str = Field("marketing", min_length=1, max_length=100, description="Purpose that a consent must name.")
    basis: LegalBasis = Field(
        LegalBasis.CONSENT,
        description="CONSENT: only who granted it. Any other basis: everybody who did not deny or revoke it.",
    )


class PropositionEntry(Written):
    """One thing that can be offered."""

    name: str = Field(min_length=1, max_length=200, description="For people.")
    issue: str = Field(description="The business issue it serves, one of `issues`.")
    group: str = Field(description="Its group, one of the issue's `groups`.")
    value: float = Field(1, ge=0, le=1_000_000_000, description="V: what an acceptance is worth, in any one unit.")
    propensity: float = Field(0.5, ge=0, le=1, description="P before anything is learned: the share that accepts.")
    lever: Weight = Field(0, description="Per cent that the business adds to this one.")
    valid_from: AwareDatetime | None = Field(None, description="Not offered before this time.")
    valid_to: AwareDatetime | None = Field(None, description="Not offered from this time on.")
    campaign: str | None = Field(
        None, max_length=500, description="Campaign of the CM that it belongs to: offered only while that runs."
    )
    eligible: str | None = Field(None, description="JMESPath: may the customer have it by law and policy?")
    applicable: str | None = Field(None, description="JMESPath: does it make sense with what he has?")
    suitable: str | None = Field(None, description="JMESPath: is it right for him now?")
    topics: tuple[str, ...] = Field((), max_length=50, description="Topics that an incident may suspend it by.")
    consent: ConsentRule = Field(ConsentRule(), description="What the customer must have allowed.")
    context: tuple[ContextRule, ...] = Field((), max_length=50, description="When the moment speaks for it.")
    control_share: Share = Field(0, description="Share of the customers who never get this one, to compare with.")
    treatments: Mapping[Name, Treatment] = Field(min_length=1, description="Ways to present it, by name.")


class Group(Written):
    """Propositions that compete, such as two subscriptions."""

    lever: Weight = Field(0, description="Per cent that the business adds to the group.")


class Issue(Written):
    """A business issue, such as growth or retention."""

    lever: Weight = Field(0, description="Per cent that the business adds to the issue.")
    groups: Mapping[Name, Group] = Field(min_length=1, description="Its groups by name.")


class LimitRule(Written):
    """How often a customer may be approached."""

    at_most: int = Field(ge=0, le=1_000, description="Offers shown in the period, at the time of each event.")
    days: Period = Field(description="Length of the period that ends now.")
    channels: tuple[Name, ...] = Field((), description="Counted and kept in these channels; empty: in all.")
    per: PolicyScope = Field(PolicyScope.ALL, description="ALL offers together, or per ISSUE, GROUP, PROPOSITION.")


class SuppressRule(Written):
    """What an outcome keeps back."""

    after: ContactEventKind = Field(description="The event, such as REJECTED.")
    days: Period = Field(description="For so long after the event.")
    channels: tuple[Name, ...] = Field((), description="Kept back in these channels; empty: in all.")
    per: PolicyScope = Field(PolicyScope.PROPOSITION, description="What is kept back: ALL, the ISSUE, the GROUP, ...")


class ContactPolicy(Written):
    """How much is too much."""

    limits: tuple[LimitRule, ...] = Field((), max_length=50, description="How often a customer may be approached.")
    suppress: tuple[SuppressRule, ...] = Field((), max_length=50, description="What an outcome keeps back.")
    per_group: int | None = Field(None, ge=1, le=100, description="Most offers of one group on a list.")

    @property
    def days(self) -> float:
        """How far back any rule looks."""
        periods = [rule.days for rule in self.limits] + [rule.days for rule in self.suppress]
        return max(periods, default=0)


class Learning(Written):
    """Propensity from outcomes."""

    enabled: bool = Field(False, description="Use what was learned; off, P is what the catalogue says.")
    half_life_days: float = Field(30, gt=0, le=730, description="An outcome of that age counts half.")
    strength: float = Field(20, gt=0, le=1_000_000, description="How many outcomes the catalogue's P is worth.")
    segments: tuple[str, ...] = Field(
        (), max_length=50, description="Learn apart for these; a customer counts for the first he is in."
    )


class Factors(Written):
    """Which factors of P x C x V x L count; one that is switched off is 1."""

    propensity: bool = Field(True, description="P.")
    context: bool = Field(True, description="C.")
    value: bool = Field(True, description="V.")
    levers: bool = Field(True, description="L.")


class OffersDocument(Written):
    """The whole catalogue."""

    version: str = Field(min_length=1, max_length=60, description="Kept with each decision.")
    language: str = Field(min_length=2, max_length=35, description="Of content when there is none in the customer's.")
    seed: str = Field(
        "contacthub",
        min_length=1,
        max_length=100,
        description="Control group and treatments are drawn anew under another.",
    )
    control_share: Share = Field(0, description="Share of the customers who get no offer at all, to compare with.")
    issues: Mapping[Name, Issue] = Field({}, description="Business issues by name.")
    propositions: Mapping[Name, PropositionEntry] = Field(
        {}, max_length=PROPOSITIONS_MAX, description="What can be offered, by name."
    )
    policy: ContactPolicy = Field(ContactPolicy(), description="How much is too much.")
    segments: Mapping[Name, str] = Field(
        {}, max_length=100, description="Segment: JMESPath condition; who fulfils it is in it, from contact events on."
    )
    learning: Learning = Field(Learning(), description="Propensity from outcomes.")
    factors: Factors = Field(Factors(), description="Which factors count.")
