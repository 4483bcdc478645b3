"""May this customer be approached for this purpose in this channel, by what the systems hold of his consent?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.records.enums import ConsentStatus, LegalBasis
from hub.settings.offers import ConsentRule

_NO = frozenset({ConsentStatus.DENIED, ConsentStatus.REVOKED})


@dataclass(frozen=True, slots=True)
class ConsentStatement:
    """What one system holds; valid in [valid_from, valid_to), for all channels if `channel` is None."""

    purpose: str
    channel: str | None
    status: ConsentStatus
    valid_from: datetime | None
    valid_to: datetime | None
    as_of: datetime

    def counts(self, purpose: str, channel: str, now: datetime) -> bool:
        """Whether it says anything about this purpose and channel at `now`."""
        return (
            self.purpose == purpose
            and (self.channel is None or self.channel.upper() == channel)
            and (self.valid_from is None or self.valid_from <= now)
            and (self.valid_to is None or now < self.valid_to)
        )


def allows(statements: Iterable[ConsentStatement], rule: ConsentRule, channel: str, now: datetime) -> bool:
    """A statement about the channel goes before one about all; of equally precise ones the newest counts, of equally
    new ones the most restrictive. Under CONSENT only GRANTED allows; under another basis everything but a no.
    """
    told = [one for one in statements if one.counts(rule.purpose, channel, now)]
    status = _strongest(told)
    if rule.basis is LegalBasis.CONSENT:
        return status is ConsentStatus.GRANTED
    return status not in _NO


def _strongest(told: Sequence[ConsentStatement]) -> ConsentStatus | None:
    ranked = sorted(told, key=lambda one: (one.channel is not None, one.as_of, one.status is not ConsentStatus.GRANTED))
    return ranked[-1].status if ranked else None
