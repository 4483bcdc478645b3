"""What the web application is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from hub.access.admission import Allowance
from hub.access.principal import Role
from hub.access.shared_usage import SharedUsage
from hub.access.tokens import TokenVerifier
from hub.clock import Clock
from hub.customers.recognise import Rules
from hub.entrypoints.asgi.documents import Documents
from hub.flows.systems import OpenSystems
from hub.mapping.record import RecordMapping
from hub.migration.desk import Desk
from hub.observe.metrics import Metrics
from hub.offers.offering import NOTHING_OFFERED, Offering
from hub.ports.decision_engine import DecisionEngine
from hub.ports.webhooks import Webhooks
from hub.records.identity import Entity, SystemName
from hub.settings.contact import DEFAULT_CONTACT, ContactRules
from hub.settings.find_channels import NOTHING_OUTBOUND, Outbound
from hub.settings.privacy import DEFAULT_PRIVACY, PrivacyRules
from hub.settings.processes import NO_PROCESSES, Processes
from hub.settings.steering import DEFAULT_STEERING, SteeringRules
from hub.settings.topics import NO_TOPICS, Catalogue
from hub.store.engine import Database
from hub.store.keys import KeyRing
from schema.reads import ReadTerms

EVENTS_COMMENT_EVERY_S: Final = 15.0
"""Into a stream of events in which nothing happens: proxies cut a silent connection, mostly after 30 or 60 s."""

NO_LIMITS: Final = Allowance(1e9, 1_000_000_000, 1_000_000, 1_000_000, 1_000_000_000, introspects=True)


@dataclass(frozen=True)
class Services:
    """Nothing here is bound to an event loop yet: the application opens what is when it starts.

    `open_database` gives the web process's own engine, with its statement timeout; `feed_dsn` is the same database for
    the reader of the change feed. `development` shows the explorer page and how queries were answered. Queries are
    `compiled` to statements, which run on `prepared_connections` of their own; answers are kept in memory, so many
    bytes of them. `allowances` say what callers may ask, `tells_cost` shows in each answer what it cost.
    With `reads_apart` documents never seen before are read and planned by a process of their own.
    A preview of a mapping reads a system of `open_systems`, within the limits that all processes share.
    What a caller asks of all processes is counted in PostgreSQL, or where `open_usage` says.
    """

    open_database: Callable[[], Database]
    feed_dsn: str
    rules: Rules
    desk: Desk
    tokens: TokenVerifier
    metrics: Metrics
    clock: Clock
    keys: KeyRing
    page_size_max: int
    documents: Documents = field(default_factory=lambda: Documents({}, trusted_only=False))
    prepared_connections: int = 4
    compiled: bool = True
    kept_answers_bytes: int = 64_000_000
    cors_origins: tuple[str, ...] = ()
    development: bool = False
    body_bytes_max: int = 1_000_000
    webhooks: Mapping[SystemName, Webhooks] = field(default_factory=dict)
    webhook_bytes_max: int = 262_144
    mappings: Mapping[tuple[SystemName, Entity], RecordMapping] = field(default_factory=dict)
    contact: ContactRules = DEFAULT_CONTACT
    offering: Offering = NOTHING_OFFERED
    topics: Catalogue = NO_TOPICS
    steering: SteeringRules = DEFAULT_STEERING
    processes: Processes = NO_PROCESSES
    outbound: Outbound = NOTHING_OUTBOUND
    company: str = ""
    events_comment_every_s: float = EVENTS_COMMENT_EVERY_S
    query_within_s: float = 60.0
    privacy: PrivacyRules = DEFAULT_PRIVACY
    open_decision_engine: Callable[[], DecisionEngine] | None = None
    tells_cost: bool = False
    allowances: Mapping[Role, Allowance] = field(default_factory=lambda: dict.fromkeys(Role, NO_LIMITS))
    open_usage: Callable[[], SharedUsage] | None = None
    reads_apart: bool = False
    open_systems: Callable[[Database], OpenSystems] = lambda database: OpenSystems({})

    @property
    def read_terms(self) -> ReadTerms:
        """What turns arguments of fields into values of statements."""
        return ReadTerms(self.rules.region, self.page_size_max, self.rules, self.outbound)
