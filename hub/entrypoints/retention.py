"""What goes by its age, how often it is looked for and how much at a time; hub.yaml says how old it gets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.forget_contacts import forget_sessions, forget_timeline
from hub.contacts.forget_marks import forget_cookies, forget_marks
from hub.contacts.forget_requests import forget_requests
from hub.customers.forget_consents import forget_consents
from hub.customers.forget_history import forget_history
from hub.customers.forget_settled import forget_settled
from hub.exchange.forget_changes import forget_changes
from hub.exchange.forget_events import forget_events
from hub.exchange.shadow import forget_shadows
from hub.flows.forget_deleted import forget_deleted
from hub.flows.forget_quarantine import forget_quarantine
from hub.leads.forget_leads import forget_leads
from hub.offers.forget_decisions import forget_contact_events, forget_decisions
from hub.settings.privacy import KeepDays
from hub.store.forget_audit import forget_audit
from hub.store.forget_versions import forget_originals, forget_versions
from hub.store.keys import KeyRing
from hub.work.upkeep import Turn, Upkeep

Forgetting: TypeAlias = Callable[[AsyncConnection, datetime, int], Awaitable[int]]
"""Removes up to so many rows from before a time, and tells how many."""

FORGET_EVENTS: Final = Upkeep("forget-events", "37 * * * *", 1_000)
FORGET_SHADOWS: Final = Upkeep("forget-shadows", "47 * * * *", 5_000)
FORGET_CHANGES: Final = Upkeep("forget-changes", "7 * * * *", 5_000)
FORGET_QUARANTINE: Final = Upkeep("forget-quarantine", "57 * * * *", 1_000)
FORGET_DECISIONS: Final = Upkeep("forget-decisions", "13 * * * *", 1_000)
FORGET_CONTACT_EVENTS: Final = Upkeep("forget-contact-events", "43 * * * *", 5_000)

# Nothing but their time finds these, along the whole of what is that old: at night.
FORGET_VERSIONS: Final = Upkeep("forget-versions", "12 2 * * *", 5_000)
FORGET_ORIGINALS: Final = Upkeep("forget-originals", "27 2 * * *", 5_000)
FORGET_HISTORY: Final = Upkeep("forget-customer-history", "42 2 * * *", 5_000)
FORGET_SETTLED: Final = Upkeep("forget-settled", "57 2 * * *", 5_000)
FORGET_SESSIONS: Final = Upkeep("forget-sessions", "12 3 * * *", 1_000)
FORGET_TIMELINE: Final = Upkeep("forget-timeline", "42 3 * * *", 5_000)
FORGET_MARKS: Final = Upkeep("forget-marks", "2 3 * * *", 5_000)
FORGET_COOKIES: Final = Upkeep("forget-cookies", "7 3 * * *", 5_000)
FORGET_AUDIT: Final = Upkeep("forget-audit", "12 4 * * *", 1_000)
FORGET_REQUESTS: Final = Upkeep("forget-requests", "22 3 * * *", 1_000)
FORGET_LEADS: Final = Upkeep("forget-leads", "32 3 * * *", 1_000)
FORGET_CONSENTS: Final = Upkeep("forget-consents", "52 3 * * *", 1_000)
FORGET_DELETED: Final = Upkeep("forget-deleted", "22 4 * * *", 1_000)

RETENTION: Final = (
    *(FORGET_EVENTS, FORGET_SHADOWS, FORGET_CHANGES, FORGET_QUARANTINE, FORGET_DECISIONS, FORGET_CONTACT_EVENTS),
    *(FORGET_VERSIONS, FORGET_ORIGINALS, FORGET_HISTORY, FORGET_SETTLED, FORGET_SESSIONS, FORGET_TIMELINE),
    *(FORGET_MARKS, FORGET_COOKIES, FORGET_AUDIT, FORGET_REQUESTS, FORGET_LEADS, FORGET_CONSENTS, FORGET_DELETED),
)


def retention_turns(keys: KeyRing, keep: KeepDays) -> Mapping[Upkeep, Turn]:
    """What each of RETENTION does."""

    async def audit(connection: AsyncConnection, before: datetime, limit: int) -> int:
        return await forget_audit(connection, keys, before, limit)

    aged: Mapping[Upkeep, tuple[Forgetting, int | None]] = {
        FORGET_EVENTS: (forget_events, keep.pushed_events),
        FORGET_SHADOWS: (forget_shadows, keep.commands),
        FORGET_CHANGES: (forget_changes, keep.commands),
        FORGET_QUARANTINE: (forget_quarantine, keep.quarantine),
        FORGET_DECISIONS: (forget_decisions, keep.decisions),
        FORGET_CONTACT_EVENTS: (forget_contact_events, keep.contact_events),
        FORGET_VERSIONS: (forget_versions, keep.versions),
        FORGET_ORIGINALS: (forget_originals, keep.originals),
        FORGET_HISTORY: (forget_history, keep.customer_history),
        FORGET_SETTLED: (forget_settled, keep.versions),
        FORGET_SESSIONS: (forget_sessions, keep.sessions),
        FORGET_TIMELINE: (forget_timeline, keep.timeline),
        FORGET_MARKS: (forget_marks, keep.sessions),
        FORGET_COOKIES: (forget_cookies, keep.cookies),
        FORGET_AUDIT: (audit, keep.audit),
        FORGET_REQUESTS: (forget_requests, keep.requests),
        FORGET_LEADS: (forget_leads, keep.leads),
        FORGET_CONSENTS: (forget_consents, keep.consents),
        FORGET_DELETED: (forget_deleted, keep.deleted_records),
    }
    return {upkeep: partial(_forget, forgetting, days) for upkeep, (forgetting, days) in aged.items()}


async def _forget(
    forgetting: Forgetting, days: int | None, connection: AsyncConnection, now: datetime, limit: int
) -> int:
    return 0 if days is None else await forgetting(connection, now - timedelta(days=days), limit)
