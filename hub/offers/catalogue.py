"""The catalogue of propositions with its conditions compiled: made once, used by every decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from hub.mapping.expressions import Select, compile_expression, holds
from hub.mapping.unfit import Unfit
from hub.settings.offers import (
    ConsentRule,
    ContactPolicy,
    Content,
    Factors,
    Learning,
    OffersDocument,
    PropositionEntry,
    Treatment,
)


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition. One that does not fit the view (a comparison of unlike things) is not fulfilled."""

    text: str
    select: Select

    def holds(self, view: object) -> bool:
        """Whether the view fulfils it."""
        try:
            return holds(self.select(view))
        except Unfit:
            return False


@dataclass(frozen=True, slots=True)
class ContextWeight:
    """Per cent added to C while the condition holds."""

    condition: Condition
    weight: float


@dataclass(frozen=True, slots=True)
class Proposition:
    """One thing that can be offered; `levers` is L, and None as a condition holds for everybody.

    `shares` has for each channel the treatments with content for it.
    """

    name: str
    title: str
    issue: str
    group: str
    value: float
    propensity: float
    levers: float
    valid_from: datetime | None
    valid_to: datetime | None
    campaign: str | None
    eligible: Condition | None
    applicable: Condition | None
    suitable: Condition | None
    topics: frozenset[str]
    consent: ConsentRule
    context: tuple[ContextWeight, ...]
    control_share: float
    treatments: Mapping[str, Treatment]
    shares: Mapping[str, Mapping[str, float]]

    def is_valid(self, at: datetime) -> bool:
        """Within [valid_from, valid_to)."""
        return (self.valid_from is None or self.valid_from <= at) and (self.valid_to is None or at < self.valid_to)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything a decision takes from configuration."""

    version: str
    language: str
    seed: str
    control_share: float
    propositions: Mapping[str, Proposition]
    policy: ContactPolicy
    segments: Mapping[str, Condition]
    learning: Learning
    factors: Factors

    def content_of(self, treatment: Treatment, channel: str, language: str | None) -> Content | None:
        """In the customer's language (`nl-BE` also takes `nl`), else the catalogue's; None: not for this channel."""
        languages = treatment.content.get(channel)
        if languages is None:
            return None
        wished = language or self.language
        for wanted in (wished, wished.partition("-")[0], self.language):
            if wanted in languages:
                return languages[wanted]
        return None


def compile_catalogue(document: OffersDocument) -> Catalogue:
    """Of a document that was checked; each distinct condition is compiled once."""
    conditions = _Conditions()
    return Catalogue(
        version=document.version,
        language=document.language,
        seed=document.seed,
        control_share=document.control_share,
        propositions={
            name: _proposition(name, entry, document, conditions)
            for name, entry in sorted(document.propositions.items())
        },
        policy=document.policy,
        segments={name: conditions[text] for name, text in document.segments.items()},
        learning=document.learning,
        factors=document.factors,
    )


class _Conditions(dict[str, Condition]):
    """By their text, compiled as they are asked for."""

    def __missing__(self, text: str) -> Condition:
        self[text] = Condition(text, compile_expression(text))
        return self[text]

    def optional(self, text: str | None) -> Condition | None:
        return None if text is None else self[text]


def _proposition(name: str, entry: PropositionEntry, document: OffersDocument, conditions: _Conditions) -> Proposition:
    return Proposition(
        name=name,
        title=entry.name,
        issue=entry.issue,
        group=entry.group,
        value=entry.value,
        propensity=entry.propensity,
        levers=_levers(document, entry),
        valid_from=entry.valid_from,
        valid_to=entry.valid_to,
        campaign=entry.campaign,
        eligible=conditions.optional(entry.eligible),
        applicable=conditions.optional(entry.applicable),
        suitable=conditions.optional(entry.suitable),
        topics=frozenset(entry.topics),
        consent=entry.consent,
        context=tuple(ContextWeight(conditions[rule.when], rule.weight) for rule in entry.context),
        control_share=entry.control_share,
        treatments=entry.treatments,
        shares=_shares(entry),
    )


def _levers(document: OffersDocument, entry: PropositionEntry) -> float:
    """L = 1 + (issue + group + its own) / 100, and not below 0."""
    issue = document.issues[entry.issue]
    return max(0.0, 1 + (issue.lever + issue.groups[entry.group].lever + entry.lever) / 100)


def _shares(entry: PropositionEntry) -> Mapping[str, Mapping[str, float]]:
    shares: dict[str, dict[str, float]] = {}
    for name, treatment in sorted(entry.treatments.items()):
        for channel in treatment.content:
            shares.setdefault(channel, {})[name] = treatment.share
    return shares
