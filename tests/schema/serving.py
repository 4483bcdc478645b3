"""The application of a test: in this event loop, with tokens of any role and a client that speaks GraphQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from starlette.applications import Starlette

from hub.access.development import DevelopmentTokens
from hub.access.principal import Role
from hub.access.tokens import TokenVerifier
from hub.clock import Clock
from hub.customers.recognise import Rules
from hub.customers.survive import FieldRule, Survivorship
from hub.entrypoints.asgi.app import create_app
from hub.entrypoints.asgi.server import PING_EVERY_S, listening
from hub.entrypoints.asgi.services import Services
from hub.live.sequencer import Sequencer
from hub.migration.desk import Desk
from hub.observe.metrics import Metrics
from hub.ports.capabilities import Capabilities, PullKind
from hub.records.identity import CustomerId, Entity, FlowName, SystemName
from hub.records.lanes import FlowCadence, LaneMode
from hub.settings.find_channels import NOTHING_OUTBOUND
from hub.settings.flows import HUB, Flow, Lane
from hub.settings.systems import Limits
from hub.store.engine import Database, open_engine
from schema.reads import ReadTerms
from tests.flows.building import RULES
from tests.live.feed import running
from tests.schema.company import NOW

AUDIENCE = "contacthub"


class StoppedClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        """Later by that much."""
        self.now += by


def desk() -> Desk:
    """The company's customer flows as hub.yaml would have them, over systems that can be polled and swept."""
    can = Capabilities(pull=PullKind.INCREMENTAL, sweep=True, read=True, versions=True)
    lanes = (
        Lane(cadence=FlowCadence.DAILY, mode=LaneMode.AUTHORITATIVE, cron="0 3 * * *", sweep=True),
        Lane(cadence=FlowCadence.REAL_TIME, mode=LaneMode.STANDBY, cron="*/10 * * * * *", sweep=True),
    )
    flows = {
        FlowName(f"{system}-customers"): Flow(
            FlowName(f"{system}-customers"), 8, "Customers", Entity.CUSTOMER, SystemName(system), HUB, lanes, ()
        )
        for system in ("crm", "lms")
    }
    return Desk(flows, {"crm": Limits(), "lms": Limits()}, lambda system, entity: can)


RULES_OF_VALUES = Rules(Survivorship(FieldRule(sources=("crm", "lms"))), "NL")
TERMS = ReadTerms("NL", 50, RULES_OF_VALUES, NOTHING_OUTBOUND)


def services(database_url: str, issued: DevelopmentTokens, clock: Clock, **given: Any) -> Services:
    """What the application is given in a test; `given` replaces single services."""
    standard: dict[str, Any] = {
        "open_database": lambda: Database(open_engine(database_url, pool_size=4, statement_timeout_ms=5_000)),
        "feed_dsn": database_url,
        "rules": RULES_OF_VALUES,
        "desk": desk(),
        "tokens": TokenVerifier([issued.trust], AUDIENCE, timedelta(seconds=0), clock),
        "metrics": Metrics(),
        "clock": clock,
        "keys": RULES.keys,
        "page_size_max": 50,
        "development": True,
        "body_bytes_max": 100_000,
    }
    return Services(**standard | given)


@dataclass(frozen=True)
class Answer:
    """What came back for one document."""

    status: int
    data: Any
    errors: list[dict[str, Any]]

    @property
    def codes(self) -> list[str]:
        """The codes of the errors in order."""
        return [error["extensions"]["code"] for error in self.errors]


@dataclass(frozen=True)
class Api:
    """The application as clients reach it; `ask` sends a document under a role's token."""

    app: Starlette
    http: httpx2.AsyncClient
    tokens: DevelopmentTokens
    clock: StoppedClock

    def token(self, role: Role, customer: CustomerId | None = None) -> str:
        """A bearer token good for an hour."""
        return self.tokens.issue(role, customer, timedelta(hours=1))

    async def post(
        self, document: str, variables: Mapping[str, object] | None = None, token: str | None = None
    ) -> httpx2.Response:
        """The raw answer to a POST."""
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        return await self.http.post("/graphql", json={"query": document, "variables": variables}, headers=headers)

    async def ask(
        self,
        document: str,
        variables: Mapping[str, object] | None = None,
        *,
        role: Role = Role.AGENT,
        customer: CustomerId | None = None,
    ) -> Answer:
        """Data and errors of one document."""
        response = await self.post(document, variables, self.token(role, customer))
        body = response.json()
        return Answer(response.status_code, body.get("data"), body.get("errors", []))


@asynccontextmanager
async def listening_api(
    database_url: str,
    data_dir: Path,
    *,
    ping_every_s: float = PING_EVERY_S,
    trusted_proxies: tuple[str, ...] = (),
    **given: Any,
) -> AsyncIterator[tuple[Api, str]]:
    """The application behind a real uvicorn, with the sequencer of its feed; also yields host:port."""
    clock = StoppedClock()
    tokens = DevelopmentTokens(data_dir, embedded=True, audience=AUDIENCE, clock=clock)
    app = create_app(services(database_url, tokens, clock, **given))
    async with (
        running(Sequencer(database_url).run()),
        listening(app, "127.0.0.1", 0, ping_every_s=ping_every_s, trusted_proxies=trusted_proxies) as port,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as http,
    ):
        yield Api(app, http, tokens, clock), f"127.0.0.1:{port}"


@asynccontextmanager
async def serving(database_url: str, data_dir: Path, **given: Any) -> AsyncIterator[Api]:
    """The application running in this loop, without a socket."""
    clock = StoppedClock()
    tokens = DevelopmentTokens(data_dir, embedded=True, audience=AUDIENCE, clock=clock)
    app = create_app(services(database_url, tokens, clock, **given))
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://hub") as http:
            yield Api(app, http, tokens, clock)
