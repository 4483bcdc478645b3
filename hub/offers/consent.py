"""May this customer be approached for this purpose in this channel?"""

from __future__ import annotations

from datetime import datetime

from hub.customers.consent_read import Consents
from hub.settings.offers import ConsentRule


def allows(consents: Consents, rule: ConsentRule, channel: str, now: datetime) -> bool:
    """Under CONSENT only what was granted; under another basis everything but a no. What counts decides the consent."""
    return consents.permit(rule.purpose, channel, rule.basis, now)
