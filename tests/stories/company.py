"""The story's company as it runs: Tryton, the order service, a mail server, and a hub between them, all real."""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any, Final

import httpx2
from pydantic import SecretStr

import adapters.tryton
from examples.demo.tryton.home import running_tryton
from examples.demo.tryton.roles import EMPTY
from examples.demo.tryton.seed.parties import PartyRows, email, mobile
from examples.demo.tryton.server import TrytonServer
from hub.access.development import DevelopmentTokens
from hub.access.principal import Role
from hub.clock import utc_now
from hub.embedded.ready import free_port
from hub.entrypoints.asgi.app import create_app
from hub.entrypoints.asgi.server import listening
from hub.entrypoints.declaring import declare
from hub.entrypoints.engine import running_engine
from hub.entrypoints.installation import Installation
from hub.entrypoints.wiring import InstalledAdapters, open_webhooks, recognition_rules
from hub.offers.catalogue import compile_catalogue
from hub.offers.offering import Offering
from hub.settings.configuration import Configuration, load_configuration
from hub.settings.environment import Settings
from hub.store.engine import Database
from tests.outbound.receiving import Receiver, receiving
from tests.schema.serving import AUDIENCE, Api, StoppedClock, services
from tests.tryton_ground import Ground
from tests.waiting import until

ROOT: Final = Path(__file__).parents[2]
DATABASE: Final = "story_crm"
WRONG, RIGHT, PHONE = "sanne.devires@example.com", "sanne.devries@example.com", "06-12345678"
NAME, NUMBER = "Sanne de Vries", "WL-100001"


class HubClock(StoppedClock):
    """It runs, and a test may set it ahead: an hour later is now."""

    def __init__(self) -> None:
        super().__init__(utc_now())
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self._ahead

    def forward(self, by: timedelta) -> None:
        """Later by that much, and going on."""
        self._ahead += by


@contextmanager
def crm_with_sanne(ground: Ground) -> Iterator[TrytonServer]:
    """A Tryton with one customer: gold, and with a typo in her e-mail address."""
    with running_tryton(ground.home, ground.postgres, {DATABASE: EMPTY}, fresh=True, name="story") as server:
        with server.log_in(DATABASE) as rpc:
            rows = PartyRows(rpc)
            (gold,) = rpc.create("party.category", [{"name": "Goud"}])
            sanne = rows.party(NAME, "nl", (mobile(PHONE), email(WRONG)))
            rpc.create("party.party", [{**sanne, "code": NUMBER, "categories": [["add", [gold]]]}])
        yield server


def emails_in(server: TrytonServer) -> list[str]:
    """What the CRM has for her now."""
    with server.log_in(DATABASE) as rpc:
        domain = [["party.code", "=", NUMBER], ["type", "=", "email"]]
        return [str(row["value"]) for row in rpc.search_read("party.contact_mechanism", domain, ["value"])]


def notes_in(server: TrytonServer, name: str = NAME) -> list[str]:
    """What a person at the CRM reads beside the customer of that name, the oldest first; none while he is not there."""
    with server.log_in(DATABASE) as rpc:
        notes: list[str] = []
        for party in rpc.search("party.party", [["name", "=", name]]):
            found = rpc.search_read("ir.note", [["resource", "=", f"party.party,{party}"]], ["message"])
            notes += [str(row["message"]) for row in found]
        return notes


@dataclass(frozen=True)
class Company:
    """`address` is host:port of the hub; `orders` the order service's own API."""

    api: Api
    address: str
    mails: Receiver
    orders: httpx2.AsyncClient
    crm: TrytonServer

    async def order(self) -> Mapping[str, Any]:
        """The one order of the order service."""
        (order,) = (await self.orders.get("/orders")).json()
        found: Mapping[str, Any] = order
        return found


async def until_known(api: Api) -> None:
    """Until the hub has taken her in."""

    async def known() -> bool:
        answer = await api.ask("query($phone: String!) { customer(by: {phone: $phone}) { id } }", {"phone": PHONE})
        return answer.data["customer"] is not None

    await until(known, what="Tryton's customer in the hub")


def secret() -> str:
    """As Standard Webhooks writes them."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


@asynccontextmanager
async def company(
    crm: TrytonServer, database: Database, database_url: str, folder: Path, files: Path
) -> AsyncIterator[Company]:
    """Everything started and connected; stopped at the end."""
    hub_port, orders_port = free_port() or 0, free_port() or 0
    environment = {
        "TRYTON_URL": crm.url,
        "TRYTON_PASSWORD": crm.password,
        "ORDERS_URL": f"http://127.0.0.1:{orders_port}",
        "ORDER_SERVICE_SECRET": secret(),
        "HUB_WEBHOOK_SECRET": secret(),
    }
    configuration = configured(files, folder / "hub", environment)
    settings = Settings(
        data_dir=folder,
        database_url=SecretStr(database_url),
        master_key=SecretStr(base64.b64encode(secrets.token_bytes(32)).decode()),
    )
    hub = Installation(settings, configuration, InstalledAdapters(), database_url)
    await declare(hub, database)
    clock = HubClock()
    tokens = DevelopmentTokens(folder, embedded=True, audience=AUDIENCE, clock=clock)
    async with AsyncExitStack() as started:
        mails = await started.enter_async_context(receiving())
        app = create_app(
            services(
                database_url,
                tokens,
                clock,
                keys=hub.keys(),
                rules=recognition_rules(configuration),
                webhooks=open_webhooks(configuration, hub.adapters),
                contact=configuration.contact,
                topics=configuration.topics,
                offering=Offering(compile_catalogue(configuration.offers)),
            )
        )
        await started.enter_async_context(listening(app, "127.0.0.1", hub_port))
        await started.enter_async_context(running_engine(hub))
        address = f"127.0.0.1:{hub_port}"
        token = tokens.issue(Role.SYSTEM, None, timedelta(hours=12))
        arguments = [
            *(str(folder / "orders.sqlite"), "--port", str(orders_port)),
            *("--hub", f"http://{address}/webhooks/backoffice", "--api", f"http://{address}/graphql"),
            *("--smtp", f"127.0.0.1:{mails.port}"),
        ]
        orders = await started.enter_async_context(order_service(arguments, {**environment, "HUB_TOKEN": token}))
        http = await started.enter_async_context(httpx2.AsyncClient(base_url=f"http://{address}", timeout=30))
        yield Company(Api(app, http, tokens, clock), address, mails, orders, crm)


def configured(files: Path, folder: Path, environment: Mapping[str, str]) -> Configuration:
    """The files as an installation has them, with Tryton's own mapping of customers that knows who is gold."""
    copytree(files, folder)
    own = (Path(adapters.tryton.__file__).parent / "mappings" / "customer.yaml").read_text(encoding="utf-8")
    with_status = own.replace(
        "  kind: {value: PERSON}\n",
        '  kind: {value: PERSON}\n  status: {path: "categories[0].name", table: status}\n',
    ).replace("tables:\n", "tables:\n  status: {Goud: gold}\n")
    (folder / "customer.yaml").write_text(with_status, encoding="utf-8")
    return load_configuration(folder / "hub.yaml", InstalledAdapters(), environment)


@asynccontextmanager
async def order_service(arguments: list[str], environment: Mapping[str, str]) -> AsyncIterator[httpx2.AsyncClient]:
    """Another program, in a process of its own."""
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "examples.order_service", *arguments),
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    url = environment["ORDERS_URL"]
    try:
        async with httpx2.AsyncClient(base_url=url, timeout=10) as client:

            async def answers() -> bool:
                try:
                    return (await client.get("/health")).status_code == 200
                except httpx2.TransportError:
                    return False

            await until(answers, what="the order service")
            yield client
    finally:
        program.terminate()
        await program.wait()
