"""What a resolver works with: who asks, what he may see, and how to read and write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final, TypeAlias
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.contextvars import get_contextvars

from hub.access.admission import Admission
from hub.access.authorise import authorise
from hub.access.principal import Principal, Role, Scope
from hub.access.revoked import Revoked
from hub.access.watched import Watched
from hub.clock import Clock
from hub.contacts.desk import ContactDesk
from hub.customers.recognise import Rules
from hub.errors import NotFound, TooCostly, Unauthorised
from hub.flows.systems import OpenSystems
from hub.flows.terms import Terms
from hub.live.reader import Reader
from hub.migration.desk import Desk
from hub.observe.metrics import Metrics
from hub.offers.offering import Offering
from hub.ports.decision_engine import DecisionEngine
from hub.reads.compiled.kept_answers import KeptAnswers
from hub.reads.reach import Reach
from hub.settings.find_channels import Outbound
from hub.settings.privacy import PrivacyRules
from hub.settings.processes import Processes
from hub.settings.steering import SteeringRules
from hub.store.audit import Deed
from hub.store.engine import Database
from hub.store.origin import NOWHERE, Origin
from hub.store.prepared import PreparedReads
from hub.store.read_trail import ReadTrail
from hub.store.record_reads import Shown
from hub.store.refusals import UNKNOWN, Denial
from hub.store.straight import Fetch
from schema.compiled.reading import Planned, Question, Reading, ReadsElsewhere
from schema.loaders import Loaders
from schema.reads import ReadTerms
from schema.settled import Settled
from schema.shared_customers import SharedCustomers
from schema.store_errors import translated

OPERATION_LENGTH_MAX: Final = 100
"""Of an operation's name in the audit trail; the client chooses it."""

CONNECTIONS_AT_ONCE = 2
"""Per request, so that a query with many lists cannot take the whole pool from the others."""


@dataclass(frozen=True)
class Hub:
    """What all requests of a process share."""

    database: Database
    prepared: PreparedReads
    kept: KeptAnswers
    feed: Reader
    rules: Rules
    desk: Desk
    systems: OpenSystems
    contacts: ContactDesk
    steering: SteeringRules
    processes: Processes
    terms: Terms
    metrics: Metrics
    trail: ReadTrail
    clock: Clock
    page_size_max: int
    offering: Offering
    outbound: Outbound
    privacy: PrivacyRules
    decision_engine: DecisionEngine | None
    admission: Admission
    revoked: Revoked
    watched: Watched
    tells_cost: bool
    shared_customers: SharedCustomers
    query_within_s: float
    elsewhere: ReadsElsewhere | None = None
    """Who reads documents that were never seen; None: this process does."""


class Context:
    """One per HTTP request, or one per WebSocket with all its operations.

    Each batch of reads takes a connection of its own from the pool and gives it back before anything else is awaited:
    a request never holds one while it waits for another, so the pool can run dry but never lock up.
    """

    connection_params: Mapping[str, object] | None = None
    """Payload of a WebSocket's connection_init; strawberry puts it here."""

    greeting: str | None = None
    """The Authorization header of a WebSocket's head, which few clients can send."""

    settled: Settled | None = None
    """What the request's one mutation came to, where it is only its answer that is left to be told."""

    def __init__(
        self, hub: Hub, principal: Principal | None, request_id: str | None = None, origin: Origin = NOWHERE
    ) -> None:
        """`request_id` spares looking for what is bound around the request."""
        self.hub = hub
        self.origin = origin
        self._principal = principal
        self._request_id = request_id

    @cached_property
    def _slots(self) -> asyncio.Semaphore:
        return asyncio.Semaphore(CONNECTIONS_AT_ONCE)

    @cached_property
    def loaders(self) -> Loaders:
        """For resolvers; what statements answer needs none."""
        return Loaders(self)

    @property
    def identified(self) -> bool:
        """False for a WebSocket that has not said yet who it is."""
        return self._principal is not None

    @property
    def principal(self) -> Principal:
        """Who asks; Unauthorised before that is known."""
        if self._principal is None:
            raise Unauthorised("send a token first")
        return self._principal

    @property
    def holds(self) -> bool:
        """Whether the caller's token is still good: neither at its end nor revoked."""
        return self.principal.expires_at > self.now() and self.hub.revoked.holds(self.principal)

    @property
    def request_id(self) -> str | None:
        """Under which the log tells of the request."""
        return self._request_id or get_contextvars().get("request_id")

    def authorise(self, scope: Scope | None) -> None:
        """Raise Unauthorised for a token that is no longer good, Forbidden for one that lacks the scope."""
        authorise(self.principal, scope, self.now())
        self.hub.revoked.check(self.principal)

    def afford(self, cost: int) -> None:
        """Raise TooCostly for an operation beyond what the caller may ask for at a time."""
        most = self.hub.admission.allowance(self.principal).cost
        if cost > most:
            raise TooCostly(f"the operation costs {cost}, and at most {most} are allowed; ask for less at a time")

    def may_introspect(self) -> bool:
        """Whether the schema tells the caller about itself, by introspection or in what it says of a mistake."""
        return self.hub.admission.allowance(self.principal).introspects

    def query_within_s(self) -> float:
        """Seconds that one query may take."""
        return self.hub.query_within_s

    def told_cost(self, cost: int) -> Mapping[str, object]:
        """What `extensions` say of it, in development."""
        if not self.hub.tells_cost:
            return {}
        return {"cost": {"requested": cost, "allowed": self.hub.admission.allowance(self.principal).cost}}

    async def read_text(self, text: str) -> Reading | None:
        """A document of this caller, read by another process; None where there is none."""
        elsewhere = self.hub.elsewhere
        return None if elsewhere is None else await elsewhere.read(text, self.principal.subject)

    async def plan_text(self, question: Question, variables: bytes) -> Planned | None:
        """As `read_text`, for the plan of what was read."""
        elsewhere = self.hub.elsewhere
        return None if elsewhere is None else await elsewhere.plan(question, variables, self.principal.subject)

    def identify(self, principal: Principal) -> None:
        """The WebSocket has said who it is."""
        self._principal = principal

    @property
    def reach(self) -> Reach:
        """Whose data the caller may see; part of every statement."""
        return Reach(self.principal.customer)

    @property
    def terms(self) -> ReadTerms:
        """What turns arguments of fields into values of statements."""
        hub = self.hub
        return ReadTerms(hub.rules.region, hub.page_size_max, hub.rules, hub.outbound)

    @property
    def rules(self) -> Rules:
        """How golden values are chosen."""
        return self.hub.rules

    @property
    def own_queue(self) -> str | None:
        """The queue that an agent is bound to; a supervisor sees them all."""
        return None if Role.SUPERVISOR in self.principal.roles else self.principal.queue

    def now(self) -> datetime:
        """The hub's time."""
        return self.hub.clock()

    def shows(self, info: Info, customers: Iterable[UUID]) -> None:
        """Note in the audit trail that the caller is shown these customers, or a part of them.

        Whatever makes an object of the schema out of a customer's row calls it, before the answer goes out.
        """
        name = info.operation.name
        self.note_shown(f"{info.path.typename}.{info.field_name}", None if name is None else name.value, customers)

    def note_shown(self, place: str, operation: str | None, customers: Iterable[UUID]) -> None:
        """As `shows`, by the field's place in the schema and the client's name for the operation."""
        named = None if operation is None else operation[:OPERATION_LENGTH_MAX]
        shown = Shown(self.principal.subject, place, named, self.request_id, self.origin)
        self.hub.trail.note_shown(shown, frozenset(customers))

    def deed(self, operation: str, object_type: str, object_id: str) -> Deed:
        """That the caller carried out an operation, for one which writes no deed of its own."""
        return Deed(self.principal.subject, operation, object_type, object_id, "DONE", self.request_id, {}, self.origin)

    def denies(self, place: str, outcome: str = "DENIED") -> None:
        """Note in the audit trail that the caller may not do what stands at this place of the schema."""
        subject = UNKNOWN if self._principal is None else self._principal.subject
        self.hub.trail.note(Denial(subject, place, self.request_id, self.origin, outcome))

    def hides(self, place: str) -> None:
        """Note that a caller who does not see everybody was told that there is nothing at this place of the schema."""
        if self._principal is not None and self._principal.customer is not None:
            self.denies(place, NotFound.code)

    @property
    def fetch(self) -> Fetch:
        """Runs a statement that is written once and kept, by itself; Transient when the database is away."""
        return self.hub.prepared.fetch

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A read-only snapshot; raises Transient when the database is overloaded or away."""
        async with self._slots, translated(), self.hub.database.reading() as connection:
            yield connection

    @asynccontextmanager
    async def reading_once(self) -> AsyncIterator[AsyncConnection]:
        """For statements that need not see one moment: two round trips less than `reading`, which opens a snapshot."""
        async with self._slots, translated(), self.hub.database.at_once() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """The one transaction of a mutation: committed when the block ends well."""
        async with self._slots, translated(), self.hub.database.transaction() as connection:
            yield connection


Info: TypeAlias = strawberry.Info[Context, None]
