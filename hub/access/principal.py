"""Who asks, and what he may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hub.records.identity import CustomerId


class Role(StrEnum):
    """What a caller is to the company; a token names one or more."""

    CUSTOMER = "customer"
    """A person who sees himself, and nobody else, through the company's own channels."""
    AGENT = "agent"
    """An employee in a manned channel."""
    SUPERVISOR = "supervisor"
    """Who leads a manned channel: an agent who sees every queue and declares incidents."""
    FRONTEND = "frontend"
    """A channel's application that acts for all its customers, such as the server of a web shop."""
    STEWARD = "steward"
    """Who decides about doubtful customer data."""
    ARCHITECT = "architect"
    """Who runs and migrates the flows, and sees no customer's data."""
    SYSTEM = "system"
    """A connected package: asks the hub to run a flow, and reports what could not be delivered."""


class Scope(StrEnum):
    """What a token allows."""

    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_CORRECT = "customers:correct"
    CUSTOMERS_STEWARD = "customers:steward"
    CONSENTS_RECORD = "consents:record"
    PRIVACY_HANDLE = "privacy:handle"
    AUDIT_READ = "audit:read"
    LEADS_READ = "leads:read"
    LEADS_WORK = "leads:work"
    CONTACTS_READ = "contacts:read"
    CONTACTS_CONDUCT = "contacts:conduct"
    CONTACTS_IDENTIFY = "contacts:identify"
    REQUESTS_WORK = "requests:work"
    INCIDENTS_DECLARE = "incidents:declare"
    MEDIA_REPORT = "media:report"
    STEERING_READ = "steering:read"
    OUTBOUND_READ = "outbound:read"
    OUTBOUND_CALL = "outbound:call"
    OUTBOUND_SETTLE = "outbound:settle"
    OFFERS_READ = "offers:read"
    OFFERS_DECIDE = "offers:decide"
    OFFERS_EXPLAIN = "offers:explain"
    FLOWS_READ = "flows:read"
    FLOWS_RUN = "flows:run"
    FLOWS_MIGRATE = "flows:migrate"
    FLOWS_APPROVE = "flows:approve"
    SYSTEMS_READ = "systems:read"
    QUARANTINE_READ = "quarantine:read"
    QUARANTINE_REVEAL = "quarantine:reveal"
    QUARANTINE_SETTLE = "quarantine:settle"
    WORK_READ = "work:read"
    WORK_SETTLE = "work:settle"
    TOKENS_REVOKE = "tokens:revoke"


_OFFERS = frozenset({Scope.OFFERS_READ, Scope.OFFERS_DECIDE})

_CONTACT = (
    frozenset(
        {Scope.CUSTOMERS_READ, Scope.CUSTOMERS_CORRECT, Scope.LEADS_READ, Scope.CONTACTS_READ, Scope.CONSENTS_RECORD}
    )
    | _OFFERS
    | {Scope.OFFERS_EXPLAIN}
)

_CONDUCT = frozenset({Scope.CONTACTS_CONDUCT, Scope.CONTACTS_IDENTIFY, Scope.MEDIA_REPORT, Scope.LEADS_WORK})

_OUTBOUND = frozenset({Scope.OUTBOUND_READ, Scope.OUTBOUND_CALL})

_SUPERVISE = frozenset({Scope.REQUESTS_WORK, Scope.INCIDENTS_DECLARE, Scope.STEERING_READ, Scope.OUTBOUND_SETTLE})

_QUARANTINE = frozenset({Scope.QUARANTINE_READ, Scope.QUARANTINE_SETTLE})

_WORK = frozenset({Scope.WORK_READ, Scope.WORK_SETTLE})

SCOPES_OF: dict[Role, frozenset[Scope]] = {
    Role.CUSTOMER: frozenset(
        {
            Scope.CUSTOMERS_READ,
            Scope.CUSTOMERS_CORRECT,
            Scope.CONSENTS_RECORD,
            Scope.CONTACTS_READ,
            Scope.CONTACTS_CONDUCT,
        }
    )
    | _OFFERS,
    Role.AGENT: _CONTACT | _CONDUCT | _OUTBOUND | {Scope.REQUESTS_WORK},
    Role.SUPERVISOR: _CONTACT
    | _CONDUCT
    | _OUTBOUND
    | {Scope.OUTBOUND_SETTLE}
    | {Scope.REQUESTS_WORK, Scope.INCIDENTS_DECLARE, Scope.STEERING_READ},
    Role.FRONTEND: _CONTACT | _CONDUCT,
    Role.STEWARD: _CONTACT
    | {Scope.OUTBOUND_READ, Scope.OUTBOUND_SETTLE}
    | _QUARANTINE
    | _WORK
    | {Scope.CUSTOMERS_STEWARD, Scope.PRIVACY_HANDLE, Scope.AUDIT_READ}
    | {Scope.FLOWS_READ, Scope.SYSTEMS_READ, Scope.QUARANTINE_REVEAL},
    Role.ARCHITECT: _QUARANTINE
    | _WORK
    | frozenset({Scope.FLOWS_READ, Scope.FLOWS_RUN, Scope.FLOWS_MIGRATE, Scope.FLOWS_APPROVE, Scope.SYSTEMS_READ})
    | {Scope.STEERING_READ, Scope.TOKENS_REVOKE, Scope.OUTBOUND_READ},
    Role.SYSTEM: frozenset({Scope.FLOWS_READ, Scope.FLOWS_RUN, Scope.MEDIA_REPORT}),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """The subject of a verified token; `customer` is set for a customer, who sees himself only.

    `expires_at` has the tolerance for clocks in it: until then the token is good. `queue` is an agent's work queue.
    `token_id` is the token's `jti`, by which it can be revoked.
    """

    subject: str
    scopes: frozenset[Scope]
    customer: CustomerId | None
    expires_at: datetime
    roles: frozenset[Role] = frozenset()
    queue: str | None = None
    token_id: str | None = None
    issued_at: datetime | None = None
