"""May this customer be approached for this purpose in this channel?"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from hub.customers.consent_read import Consents
from hub.records.enums import ConsentStatus, LegalBasis
from hub.settings.offers import ConsentRule

_NO: Final = frozenset({ConsentStatus.DENIED, ConsentStatus.REVOKED})


def allows(consents: Consents, rule: ConsentRule, channel: str, now: datetime) -> bool:
    """Under CONSENT only what was granted; under another basis everything but a no. What counts decides the consent."""
    status = consents.decide(rule.purpose, channel, now).status
    return status is ConsentStatus.GRANTED if rule.basis is LegalBasis.CONSENT else status not in _NO
