"""Which propositions, in which order: a function of the catalogue, the view and the occasion, and of nothing else.

priority = P x C x V x L, as Pega publishes it: propensity, context weight, value, business levers, with
C = 1 + sum(context weights) / 100 and L = 1 + sum(issue, group, action weights) / 100; a factor switched off is 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from hub.customers.consent_read import Consents
from hub.offers.assignment import Draws, chosen_of
from hub.offers.catalogue import Catalogue, Condition, Proposition
from hub.offers.consent import allows
from hub.offers.policy import KeptBack, PastContact
from hub.records.offers import NbaDropReason
from hub.records.source import JsonObject
from hub.settings.offers import ConsentRule


@dataclass(frozen=True, slots=True)
class Occasion:
    """The moment a list is made for.

    `suspended` are the topics of incidents; `all_suspended`: one of them is about everything. `campaigns` run
    in the CM, None where it does not tell; `only` are the candidates where not the whole catalogue is asked.
    """

    customer: UUID
    channel: str
    now: datetime
    limit: int
    suspended: frozenset[str] = frozenset()
    all_suspended: bool = False
    campaigns: frozenset[str] | None = None
    only: frozenset[str] | None = None


NO_STATEMENT: Final = Consents((), ())


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the customer: the view that conditions see, consents, past contacts, learned propensities."""

    view: JsonObject
    consents: Consents = NO_STATEMENT
    past: Sequence[PastContact] = ()
    propensities: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One proposition with its factors, its rank from 1, or the first gate that dropped it and what that gate says."""

    proposition: Proposition
    treatment: str | None
    propensity: float
    context: float
    value: float
    levers: float
    dropped: NbaDropReason | None = None
    detail: str | None = None
    rank: int | None = None

    @property
    def priority(self) -> float:
        """P x C x V x L."""
        return self.propensity * self.context * self.value * self.levers


def arbitrate(catalogue: Catalogue, known: Known, occasion: Occasion) -> Sequence[Candidate]:
    """Every candidate: the ranked ones first in order of rank, then the dropped ones by name.

    Equal priorities are ordered by name, so equal input gives an equal list.
    """
    gates = _Gates(catalogue, known, occasion)
    judged = [
        gates.judge(proposition)
        for name, proposition in catalogue.propositions.items()
        if occasion.only is None or name in occasion.only
    ]
    passed = sorted((one for one in judged if one.dropped is None), key=_best_first)
    placed = _placed(passed, catalogue.policy.per_group, occasion.limit)
    ranked = [one for one in placed if one.dropped is None]
    dropped = [Candidate(*one) for one in judged if one.dropped is not None]
    dropped += [one for one in placed if one.dropped is not None]
    return [*ranked, *sorted(dropped, key=lambda one: one.proposition.name)]


class _Judged(NamedTuple):
    """A candidate before its place is known, in the order of Candidate's fields."""

    proposition: Proposition
    treatment: str | None
    propensity: float
    context: float
    value: float
    levers: float
    dropped: NbaDropReason | None
    detail: str | None


def _best_first(one: _Judged) -> tuple[float, str]:
    return -(one.propensity * one.context * one.value * one.levers), one.proposition.name


def _placed(passed: Sequence[_Judged], per_group: int | None, limit: int) -> Sequence[Candidate]:
    """Ranks from the best on, as long as group and list have room."""
    placed: list[Candidate] = []
    of_group: Counter[tuple[str, str]] = Counter()
    rank = 0
    for one in passed:
        group = (one.proposition.issue, one.proposition.group)
        if rank == limit:
            detail = f"behind the first {limit}"
        elif per_group is not None and of_group[group] >= per_group:
            detail = f"behind others of group {group[1]}"
        else:
            of_group[group] += 1
            rank += 1
            placed.append(Candidate(*one, rank=rank))
            continue
        placed.append(Candidate(*one[:6], NbaDropReason.OUTRANKED, detail))
    return placed


class _Gates:
    """One decision's gates; what does not depend on the proposition is worked out once."""

    def __init__(self, catalogue: Catalogue, known: Known, occasion: Occasion) -> None:
        self._catalogue, self._known, self._occasion = catalogue, known, occasion
        self._kept_back = KeptBack(catalogue.policy, known.past, occasion.channel, occasion.now)
        self._consents: dict[tuple[str, str], bool] = {}
        self._draws = Draws(catalogue.seed, occasion.customer)
        self._control = self._draws.of("control") < catalogue.control_share

    def judge(self, proposition: Proposition) -> _Judged:
        """With the treatment and factors it has or would have had, for explanations as much as for the list."""
        factors, known = self._catalogue.factors, self._known
        treatment = self._treatment(proposition)
        reason, detail = self._dropped(proposition, treatment)
        learned = known.propensities.get(proposition.name, proposition.propensity)
        return _Judged(
            proposition=proposition,
            treatment=treatment,
            propensity=learned if factors.propensity else 1.0,
            context=_context(proposition, known.view) if factors.context else 1.0,
            value=proposition.value if factors.value else 1.0,
            levers=proposition.levers if factors.levers else 1.0,
            dropped=reason,
            detail=detail,
        )

    def _dropped(self, proposition: Proposition, treatment: str | None) -> tuple[NbaDropReason | None, str | None]:
        occasion, view = self._occasion, self._known.view
        if not proposition.is_valid(occasion.now):
            return NbaDropReason.EXPIRED, "outside its validity"
        if not _is_running(proposition.campaign, occasion.campaigns):
            return NbaDropReason.EXPIRED, f"campaign {proposition.campaign} is not running"
        if not _passes(proposition.eligible, view):
            return NbaDropReason.NOT_ELIGIBLE, _unfulfilled(proposition.eligible)
        if treatment is None:
            return NbaDropReason.NOT_APPLICABLE, f"no content for {occasion.channel}"
        if not _passes(proposition.applicable, view):
            return NbaDropReason.NOT_APPLICABLE, _unfulfilled(proposition.applicable)
        if not _passes(proposition.suitable, view):
            return NbaDropReason.NOT_SUITABLE, _unfulfilled(proposition.suitable)
        if not self._consented(proposition.consent):
            return NbaDropReason.NO_CONSENT, f"purpose {proposition.consent.purpose}"
        if occasion.all_suspended:
            return NbaDropReason.SUPPRESSED, "an incident is about everything"
        if suspended := sorted(proposition.topics & occasion.suspended):
            return NbaDropReason.SUPPRESSED, f"an incident is about {suspended[0]}"
        kept = self._kept_back.of(proposition)
        if kept is not None:
            return kept.reason, kept.detail
        return self._controlled(proposition)

    def _controlled(self, proposition: Proposition) -> tuple[NbaDropReason | None, str | None]:
        if self._control:
            return NbaDropReason.CONTROL_GROUP, "of all offers"
        share = proposition.control_share
        if share > 0 and self._draws.of(f"control/{proposition.name}") < share:
            return NbaDropReason.CONTROL_GROUP, "of this proposition"
        return None, None

    def _consented(self, rule: ConsentRule) -> bool:
        asked = (rule.purpose, rule.basis.value)
        if asked not in self._consents:
            occasion = self._occasion
            self._consents[asked] = allows(self._known.consents, rule, occasion.channel, occasion.now)
        return self._consents[asked]

    def _treatment(self, proposition: Proposition) -> str | None:
        """Of those with content for the channel; who has one keeps it while the treatments stay the same."""
        shares = proposition.shares.get(self._occasion.channel)
        if shares is None:
            return None
        if len(shares) == 1:
            return next(iter(shares))
        return chosen_of(shares, self._draws.of(f"treatment/{proposition.name}"))


def _is_running(campaign: str | None, running: frozenset[str] | None) -> bool:
    return campaign is None or running is None or campaign in running


def _passes(condition: Condition | None, view: JsonObject) -> bool:
    return condition is None or condition.holds(view)


def _unfulfilled(condition: Condition | None) -> str | None:
    return None if condition is None else condition.text


def _context(proposition: Proposition, view: JsonObject) -> float:
    """C, and not below 0."""
    weights = sum(rule.weight for rule in proposition.context if rule.condition.holds(view))
    return max(0.0, 1 + weights / 100)
