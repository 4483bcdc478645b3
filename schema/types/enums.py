"""The canonical enums as GraphQL enums; importing a type from here makes it known to the schema."""

from __future__ import annotations

from enum import Enum

import strawberry

from hub.customers.conflict_tables import ConflictState
from hub.customers.likeness.bands import MatchBand
from hub.customers.privacy_tables import PrivacyKind
from hub.customers.steward_tables import StewardActKind, StewardEffect
from hub.flows.quarantine_replay import ReplayOutcome
from hub.flows.stuck_work import WorkVerdict
from hub.journeys.gaps import GapKind as ProcessGapKind
from hub.reads.audit import AuditKind
from hub.reads.customer_list import CustomerOrder
from hub.records.contact import (
    CommitmentState,
    DialogOutcome,
    DialogState,
    Direction,
    IdentificationLevel,
    Recognition,
    SessionPhase,
    SessionResult,
    SessionState,
    TimelineKind,
)
from hub.records.drift import DriftKind, DriftPolicy
from hub.records.enums import (
    ConsentStatus,
    LeadPriority,
    LeadRating,
    LeadState,
    LegalBasis,
    MediumKind,
    PartyKind,
    RelationKind,
    RequestKind,
    RequestState,
    SurvivorshipRule,
)
from hub.records.identity import SystemRole
from hub.records.lanes import FlowCadence, LaneMode, RealTimeRoad
from hub.records.leads import LeadOutcome
from hub.records.migration import DifferenceKind, MigrationState, Verdict
from hub.records.offers import ContactEventKind, DecisionCause, DecisionSource, NbaDropReason, NbaOutcome
from hub.records.outbound import CallOutcome, ChannelKind, DeliveryReason, DeliveryState, PrintRunState
from hub.records.states import BreakerState, QuarantineState, ReceiptState, RunState, SystemState
from hub.settings.topics import AnswerType
from hub.steering.scope import MetricsBy
from hub.work.tables import Queue, WorkState

__all__ = [
    "AnswerType",
    "AuditKind",
    "BreakerState",
    "CallOutcome",
    "ChannelKind",
    "CommitmentState",
    "ConflictState",
    "ConsentStatus",
    "ContactEventKind",
    "CustomerOrder",
    "DecisionCause",
    "DecisionSource",
    "DeliveryReason",
    "DeliveryState",
    "DialogOutcome",
    "DialogState",
    "DifferenceKind",
    "Direction",
    "DriftKind",
    "DriftPolicy",
    "FlowCadence",
    "IdentificationLevel",
    "LaneMode",
    "LeadOutcome",
    "LeadPriority",
    "LeadRating",
    "LeadState",
    "LegalBasis",
    "MatchBand",
    "MediumKind",
    "MetricsBy",
    "MigrationState",
    "NbaDropReason",
    "NbaOutcome",
    "PartyKind",
    "PrintRunState",
    "PrivacyKind",
    "ProcessGapKind",
    "QuarantineState",
    "Queue",
    "RealTimeRoad",
    "ReceiptState",
    "Recognition",
    "RelationKind",
    "ReplayOutcome",
    "RequestKind",
    "RequestState",
    "RunState",
    "SessionPhase",
    "SessionResult",
    "SessionState",
    "StewardActKind",
    "StewardEffect",
    "SurvivorshipRule",
    "SystemRole",
    "SystemState",
    "TimelineKind",
    "Verdict",
    "WorkState",
    "WorkVerdict",
]

_DESCRIBED: dict[type[Enum], str] = {
    DriftKind: "How an object differs from its contract.",
    DriftPolicy: "What happens to what differs: it is taken, the run stops, the object or only the value is put aside.",
    QuarantineState: "What became of a quarantined object. SUPERSEDED: a later content of it made it irrelevant.",
    Queue: "The workers that do a piece of work: one queue per kind of lane, and one for the hub's own.",
    ReplayOutcome: "What came of a replayed object. OUTDATED: the hub holds a newer content; ERASED: without a key.",
    WorkState: "Where a piece of work stands. DEAD, PARKED and UNKNOWN wait for a person.",
    WorkVerdict: "What a person found. SEND_AGAIN: it did not happen, and shall.",
    PartyKind: "A customer is a person or an organisation (TMF632).",
    MatchBand: "MATCH: the same person for all we know. REVIEW: a steward decides. Below that is a new customer.",
    MediumKind: "What a contact medium is (TMF629).",
    RelationKind: "What another customer is to this one. COMPANY: he works there or owns it; GROUP: a reference group.",
    RequestKind: "What a business request is about.",
    RequestState: "Where a request or order stands (TMF622). PENDING: the customer must act; HELD: we are blocked.",
    ChannelKind: "How a channel carries leads out: a mail each, a run of letters, a list that agents call from.",
    DeliveryState: "Where a delivery stands. CLAIMED: somebody has it and may give it back; SENDING: from here on it "
    "may have left; UNKNOWN: nobody knows whether it did, and it is not sent again before someone decides.",
    DeliveryReason: "Why a delivery is in its state.",
    PrintRunState: "Where a print run stands. CLOSED: its letters are fixed; STAGED: it is written, not handed over.",
    CallOutcome: "What a call came to. REACHED: spoken with; what he said is the lead's response.",
    LeadState: "Where a lead stands (TMF699).",
    LeadRating: "How promising a lead is (TMF699).",
    LeadPriority: "How urgent a lead is (TMF699).",
    LeadOutcome: "What a customer answered to a lead.",
    ConsentStatus: "What the customer said about a purpose. Expiry follows from the validity and is no status.",
    LegalBasis: "Ground for processing, article 6(1) GDPR.",
    SurvivorshipRule: "By which rule a source's value became the golden one.",
    ConflictState: "Where a conflict of sources stands. RESOLVED: a steward chose, and not all sources have followed. "
    "FROZEN: they overwrote each other by turns; the field keeps its value, and nothing is written outward.",
    AuditKind: "What an event of the audit trail tells: somebody looked, changed something, or was refused.",
    PrivacyKind: "What a person asked about his own data: a copy, its end, its correction (GDPR 15 to 20).",
    StewardActKind: "Several customers became one, or one became several.",
    StewardEffect: "What an act means for a system. HOLDS_DUPLICATES: it has several records of the one person, which "
    "its own people may join; CONSENT_TRAVELS: it is told that the person allows less than it has; VALUES_TRAVEL: it "
    "is told golden values that the act changed.",
    ReceiptState: "What a system made of what it was asked. PENDING: on its way, or for the system's own people to do.",
    SystemRole: "What a connected package is used as.",
    BreakerState: "Whether a package is called. OPEN: not before a probe; HALF_OPEN: the probe is under way.",
    SystemState: "How the hub stands with a package. SUSPENDED: too many calls failed; DISABLED: switched off.",
    FlowCadence: "How often a lane carries its flow.",
    RealTimeRoad: "How changes come in at once. PUSH: the system calls the hub. POLL: the hub asks every few seconds.",
    LaneMode: "What a lane's records do: count (AUTHORITATIVE), be compared (SHADOW, VERIFY), or nothing.",
    MetricsBy: "By what figures are grouped; WEEK begins on Monday, and days in the company's time zone.",
    MigrationState: "Where a migration stands. COMPLETED, ABORTED and ROLLED_BACK are its ends.",
    DifferenceKind: "How the new lane differs from the old one over one object. LATE is explained: the source moved.",
    Verdict: "What reading the object at its source said of a difference. MOVED: too new to tell, looked at again.",
    RunState: "Where a run stands. INTERRUPTED goes on by itself behind its last committed page.",
    AnswerType: "What an answer is. DATE is ISO 8601, NUMBER an exact decimal, CHOICE one of the choices.",
    SessionPhase: "Where in the standard contact model a session is.",
    SessionState: "Whether a session is conducted now. OPEN, WAITING: nobody serves the customer yet, or at present.",
    SessionResult: "How a session or a leg of it ended. TRANSFERRED ends a leg only; TIMED_OUT is found by schedule.",
    IdentificationLevel: "How sure it is whom one speaks with; AUTHENTICATED: he has proved it.",
    Direction: "Who began the contact. INBOUND: the customer.",
    Recognition: "What was known of the caller came to one customer, to several (and none is picked), or to nobody.",
    DialogState: "Where a dialog or task stands (TMF701). HOLD: it cannot go on before something else happens.",
    DialogOutcome: "What a dialog or task came to (BIAN). REQUIRES_AUTHENTICATION: the topic demands more proof.",
    CommitmentState: "Where a promise stands. BROKEN: it was due and not kept; it may still be kept late.",
    TimelineKind: "What an entry of the contact history tells.",
    CustomerOrder: "The order of a list of customers.",
    NbaDropReason: "The first gate that a proposition did not pass; in the order in which they are tried.",
    NbaOutcome: "What became of a next best action, by its events.",
    ContactEventKind: "What happened with a proposition or, for INTEREST and BANNER, with a subject.",
    DecisionSource: "Who ranked: the hub, campaign management live, or the last decision ranked anew as that was late.",
    DecisionCause: "Why a decision was made: a channel asked, contact events changed what holds, or a merge or split "
    "changed who the customer is (CUSTOMER).",
}

strawberry.enum(
    ProcessGapKind,
    name="ProcessGapKind",
    description="What is wrong with a step of a process. MISSING_INFORMATION: nothing that the customer gets tells it; "
    "OVERLAP: the same is sent twice; NO_FALLBACK: no other channel can do it.",
)

for _enum, _description in _DESCRIBED.items():
    strawberry.enum(_enum, description=_description)
