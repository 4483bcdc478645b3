"""What the hub does for itself, how often, and how much at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from hub.contacts.commitment import break_overdue
from hub.contacts.wrap_up import end_quiet_sessions
from hub.customers.consent_lapses import follow_lapses
from hub.customers.recognise import Rules
from hub.entrypoints.retention import RETENTION, retention_turns
from hub.flows.forget_notes import forget_notes
from hub.flows.forget_runs import end_abandoned_runs, forget_runs
from hub.flows.link import link_likely
from hub.flows.order_linking import LINK_LIKELY
from hub.leads.open_outbound import open_outbound
from hub.live.retention import trim
from hub.migration.work import watch
from hub.offers.count_outcomes import count_outcomes
from hub.outbound.plan import plan_leads
from hub.outbound.print_runs import close_due_runs
from hub.outbound.queue_mail import queue_mail
from hub.outbound.tidy import tidy
from hub.privacy.retained import forget_retained
from hub.settings.contact import ContactRules
from hub.settings.find_channels import Outbound
from hub.settings.leads import LeadRules
from hub.settings.privacy import KeepDays
from hub.store.idempotency import forget_keys
from hub.store.keys import KeyRing
from hub.store.seal_audit import seal_audit
from hub.store.touches import forget_touches
from hub.work.upkeep import Turn, Upkeep

FEED_KEPT: Final = timedelta(days=7)
"""A subscriber comes back without a gap after a long weekend; who stays away longer reads afresh."""

# The sequencer waits for the transaction that trims, so a batch is what a few milliseconds remove.
TRIM_FEED: Final = Upkeep("trim-feed", "*/10 * * * *", 5_000)
FORGET_KEYS: Final = Upkeep("forget-keys", "*/10 * * * *", 5_000)
FORGET_TOUCHES: Final = Upkeep("forget-touches", "*/10 * * * *", 20_000)
FORGET_NOTES: Final = Upkeep("forget-moved-rows", "42 4 * * *", 5_000)
FORGET_RUNS: Final = Upkeep("forget-runs", "17 * * * *", 1_000)
END_ABANDONED_RUNS: Final = Upkeep("end-abandoned-runs", "27 * * * *", 50)
FORGET_RETAINED: Final = Upkeep("forget-retained", "57 3 * * *", 1_000)
COUNT_OUTCOMES: Final = Upkeep("count-outcomes", "* * * * *", 2_000)
WATCH_MIGRATIONS: Final = Upkeep("watch-migrations", "* * * * *", 1_000)
FOLLOW_CONSENTS: Final = Upkeep("follow-consents", "* * * * *", 200)
BREAK_OVERDUE: Final = Upkeep("break-overdue-commitments", "* * * * *", 200)
END_QUIET_SESSIONS: Final = Upkeep("end-quiet-sessions", "* * * * *", 100)

OPEN_OUTBOUND: Final = Upkeep("open-outbound-leads", "* * * * *", 200)
PLAN_LEADS: Final = Upkeep("plan-leads", "* * * * *", 500)
TIDY_DELIVERIES: Final = Upkeep("tidy-deliveries", "* * * * *", 500)
QUEUE_MAIL: Final = Upkeep("queue-mail", "* * * * *", 500)
CLOSE_PRINT_RUNS: Final = Upkeep("close-print-runs", "* * * * *", 100)

# What is unsealed can still be changed unnoticed, so soon; a batch is digested here while the turn is held.
SEAL_AUDIT: Final = Upkeep("seal-audit", "* * * * *", 1_000)

UPKEEP: Final = (
    TRIM_FEED,
    FORGET_KEYS,
    FORGET_TOUCHES,
    FORGET_NOTES,
    FORGET_RUNS,
    END_ABANDONED_RUNS,
    FORGET_RETAINED,
    COUNT_OUTCOMES,
    WATCH_MIGRATIONS,
    END_QUIET_SESSIONS,
    BREAK_OVERDUE,
    FOLLOW_CONSENTS,
    OPEN_OUTBOUND,
    PLAN_LEADS,
    TIDY_DELIVERIES,
    QUEUE_MAIL,
    CLOSE_PRINT_RUNS,
    SEAL_AUDIT,
    LINK_LIKELY,
    *RETENTION,
)


def turns(
    keys: KeyRing, contact: ContactRules, outbound: Outbound, rules: Rules, leads: LeadRules, keep: KeepDays
) -> Mapping[Upkeep, Turn]:
    """What each of UPKEEP does."""
    return {
        TRIM_FEED: lambda connection, now, limit: trim(connection, FEED_KEPT, now, limit),
        FORGET_KEYS: forget_keys,
        FORGET_TOUCHES: forget_touches,
        FORGET_NOTES: forget_notes,
        FORGET_RUNS: forget_runs,
        END_ABANDONED_RUNS: end_abandoned_runs,
        FORGET_RETAINED: forget_retained,
        COUNT_OUTCOMES: count_outcomes,
        WATCH_MIGRATIONS: watch,
        END_QUIET_SESSIONS: lambda connection, now, limit: end_quiet_sessions(connection, contact, now, limit),
        BREAK_OVERDUE: lambda connection, now, limit: break_overdue(connection, now, limit, contact.escalated_to),
        FOLLOW_CONSENTS: follow_lapses,
        OPEN_OUTBOUND: lambda connection, now, limit: open_outbound(connection, leads, now, limit),
        PLAN_LEADS: lambda connection, now, limit: plan_leads(connection, outbound, now, limit),
        TIDY_DELIVERIES: lambda connection, now, limit: tidy(connection, outbound, now, limit),
        QUEUE_MAIL: lambda connection, now, limit: queue_mail(connection, outbound, now, limit),
        CLOSE_PRINT_RUNS: lambda connection, now, limit: close_due_runs(connection, outbound, now, limit),
        SEAL_AUDIT: lambda connection, now, limit: seal_audit(connection, keys, now, limit),
        LINK_LIKELY: lambda connection, now, limit: link_likely(connection, rules, now, limit),
        **retention_turns(keys, keep),
    }
