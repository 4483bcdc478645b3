"""How much is too much: what the customer's past contacts leave open, counted at the time of each event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.offers.catalogue import Proposition
from hub.records.offers import ContactEventKind, NbaDropReason, PolicyScope
from hub.settings.offers import ContactPolicy


@dataclass(frozen=True, slots=True)
class PastContact:
    """One contact event; `proposition`, `group` and `issue` are None where it was about something else."""

    kind: ContactEventKind
    at: datetime
    channel: str
    proposition: str | None = None
    group: str | None = None
    issue: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What a rule keeps back and why; `what` is the name in the rule's scope, None for everything."""

    per: PolicyScope
    what: str | None
    reason: NbaDropReason
    detail: str


class KeptBack:
    """What the policy keeps back in one channel at one moment; each proposition is then a few look-ups."""

    def __init__(self, policy: ContactPolicy, past: Sequence[PastContact], channel: str, now: datetime) -> None:
        found: dict[tuple[PolicyScope, str | None], Kept] = {}
        for kept in (*_suppressed(policy, past, channel, now), *_limited(policy, past, channel, now)):
            found.setdefault((kept.per, kept.what), kept)
        self._found = found

    def of(self, proposition: Proposition) -> Kept | None:
        """Why this proposition is kept back; a suppression goes before a limit."""
        if not self._found:
            return None
        keys = (
            (PolicyScope.PROPOSITION, proposition.name),
            (PolicyScope.GROUP, proposition.group),
            (PolicyScope.ISSUE, proposition.issue),
            (PolicyScope.ALL, None),
        )
        kept = [self._found[key] for key in keys if key in self._found]
        return min(kept, key=lambda one: one.reason is not NbaDropReason.SUPPRESSED, default=None)


def _suppressed(policy: ContactPolicy, past: Sequence[PastContact], channel: str, now: datetime) -> Iterable[Kept]:
    for rule in policy.suppress:
        if rule.channels and channel not in rule.channels:
            continue
        since = now - timedelta(days=rule.days)
        for contact in past:
            if contact.kind is rule.after and since < contact.at <= now and _knows(contact, rule.per):
                detail = f"{rule.after.value} within {rule.days:g} days"
                yield Kept(rule.per, _name(contact, rule.per), NbaDropReason.SUPPRESSED, detail)


def _limited(policy: ContactPolicy, past: Sequence[PastContact], channel: str, now: datetime) -> Iterable[Kept]:
    for rule in policy.limits:
        if rule.channels and channel not in rule.channels:
            continue
        since = now - timedelta(days=rule.days)
        counts = Counter(
            _name(contact, rule.per)
            for contact in past
            if contact.kind is ContactEventKind.SHOWN
            and since < contact.at <= now
            and (not rule.channels or contact.channel in rule.channels)
            and _knows(contact, rule.per)
        )
        if rule.at_most == 0:
            yield Kept(PolicyScope.ALL, None, NbaDropReason.CONTACT_LIMIT, "nothing is offered in this channel")
        for what, count in counts.items():
            if count >= rule.at_most:
                detail = f"{rule.at_most} in {rule.days:g} days"
                yield Kept(rule.per, what, NbaDropReason.CONTACT_LIMIT, detail)


def _knows(contact: PastContact, per: PolicyScope) -> bool:
    """A rule per group cannot count what was about no proposition."""
    return per is PolicyScope.ALL or _name(contact, per) is not None


def _name(contact: PastContact, per: PolicyScope) -> str | None:
    match per:
        case PolicyScope.ALL:
            return None
        case PolicyScope.ISSUE:
            return contact.issue
        case PolicyScope.GROUP:
            return contact.group
        case PolicyScope.PROPOSITION:
            return contact.proposition
