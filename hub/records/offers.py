"""The words of offers: why one was dropped, what became of one, what a channel reports."""

from __future__ import annotations

from enum import StrEnum


class NbaDropReason(StrEnum):
    """Why a proposition is not on the list: the first gate that it did not pass (Pega's engagement policies).

    They stand in the order in which the gates are tried.
    """

    EXPIRED = "EXPIRED"
    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    NOT_SUITABLE = "NOT_SUITABLE"
    NO_CONSENT = "NO_CONSENT"
    SUPPRESSED = "SUPPRESSED"
    CONTACT_LIMIT = "CONTACT_LIMIT"
    CONTROL_GROUP = "CONTROL_GROUP"
    OUTRANKED = "OUTRANKED"


class NbaOutcome(StrEnum):
    """What became of one next best action (Pega, Adobe, Salesforce; LATER from the contact model)."""

    PENDING = "PENDING"
    IMPRESSION = "IMPRESSION"
    CLICKED = "CLICKED"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    LATER = "LATER"
    NO_RESPONSE = "NO_RESPONSE"
    DISMISSED = "DISMISSED"
    SKIPPED = "SKIPPED"


class ContactEventKind(StrEnum):
    """What a channel reports. INTEREST and BANNER may be about a subject rather than a proposition."""

    SHOWN = "SHOWN"
    CLICKED = "CLICKED"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    LATER = "LATER"
    DISMISSED = "DISMISSED"
    INTEREST = "INTEREST"
    BANNER = "BANNER"


class DecisionSource(StrEnum):
    """Who ranked: the hub itself, campaign management live, or the last decision ranked anew when that was late."""

    HUB = "HUB"
    CM_LIVE = "CM_LIVE"
    LAST_DECISION = "LAST_DECISION"


class DecisionCause(StrEnum):
    """Why a decision was made: a channel asked, events changed what holds, or a merge or split changed who he is."""

    REQUEST = "REQUEST"
    EVENTS = "EVENTS"
    CUSTOMER = "CUSTOMER"


class PolicyScope(StrEnum):
    """What one rule of the contact policy counts or keeps back: everything, or what shares this with the offer."""

    ALL = "ALL"
    ISSUE = "ISSUE"
    GROUP = "GROUP"
    PROPOSITION = "PROPOSITION"


class CampaignState(StrEnum):
    """Where a campaign of the CM stands."""

    DRAFT = "DRAFT"
    RUNNING = "RUNNING"
    STOPPED = "STOPPED"
