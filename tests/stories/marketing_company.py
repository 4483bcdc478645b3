"""Harbour Telecom: real Trytons as campaign and as lead management, a real mail receiver, and the hub."""

from __future__ import annotations

import asyncio
import csv
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx2
from sqlalchemy import text

from examples.demo.tryton.home import running_tryton
from examples.demo.tryton.roles import EMPTY
from examples.demo.tryton.rpc import TrytonRpc, create_children
from examples.demo.tryton.seed.parties import PartyRows, email, mobile
from examples.demo.tryton.server import TrytonServer
from hub.access.principal import Role
from hub.clock import utc_now
from hub.embedded.ready import free_port
from hub.entrypoints.declaring import declare
from hub.entrypoints.engine import running_engine
from hub.entrypoints.installation import Installation
from hub.entrypoints.trust import development_tokens
from hub.entrypoints.web import serving
from hub.entrypoints.wiring import InstalledAdapters
from hub.settings.configuration import load_configuration
from hub.settings.environment import Settings
from hub.store.engine import Database
from tests.outbound.receiving import Receiver, receiving
from tests.tryton_ground import Ground
from tests.waiting import until

CM, LMS = "story_cm", "story_lms"
CAMPAIGN: Final = "Fibre in your street"

PEOPLE: Final = {
    "Sanne de Wit": ("sanne@example.nl", "+31611111111"),
    "Ben Post": ("ben@example.nl", "+31622222222"),
    "Cor Smit": ("cor@example.nl", "+31633333333"),
}

CONFIGURATION: Final = Path(__file__).with_name("the_letter")


@dataclass(frozen=True)
class MarketingCompany:
    """The hub is reached at `address` (host:port); `cm` and `lms` are people's own sessions in the two Trytons."""

    http: httpx2.AsyncClient
    address: str
    database: Database
    receiver: Receiver
    cm: TrytonRpc
    lms: TrytonRpc
    folder: Path
    hub: Installation

    def token(self, role: Role = Role.AGENT) -> str:
        """Good for an hour."""
        return development_tokens(self.hub.settings).issue(role, None, timedelta(hours=1))

    async def ask(self, document: str, role: Role = Role.AGENT, **variables: object) -> Any:
        """The data of an answer over HTTP; the test fails for errors."""
        headers = {"authorization": f"Bearer {self.token(role)}"}
        response = await self.http.post("/graphql", json={"query": document, "variables": variables}, headers=headers)
        body = response.json()
        assert "errors" not in body, body["errors"]
        return body["data"]

    async def run_flow(self, flow: str) -> None:
        """Once, to its end."""
        started = await self.ask(
            "mutation($flow: String!) { runFlow(input: {flow: $flow}) { run { id } problems { message } } }",
            Role.ARCHITECT,
            flow=flow,
        )
        run = started["runFlow"]["run"]["id"]

        async def ended() -> bool:
            found = await self.ask(
                "query($id: ID!) { node(id: $id) { ... on FlowRun { state } } }", Role.ARCHITECT, id=run
            )
            assert found["node"]["state"] != "FAILED"
            return bool(found["node"]["state"] == "COMPLETED")

        await until(ended, what=f"the run of {flow}")

    async def a_minute_passes(self, *chores: str) -> None:
        """The schedules of these chores are due now and not at the next full minute."""
        async with self.database.transaction() as connection:
            await connection.execute(
                text("UPDATE schedule SET next_run_at = :now WHERE name = ANY(:names)"),
                {"now": utc_now(), "names": [f"upkeep:{chore}" for chore in chores]},
            )

    async def the_hour_comes(self) -> None:
        """The open print run closes now."""
        async with self.database.transaction() as connection:
            closed = text("UPDATE print_run SET closes_at = :now WHERE state = 'OPEN'")
            await connection.execute(closed, {"now": utc_now()})
        await self.a_minute_passes("close-print-runs")

    def printed(self) -> list[str]:
        """Names on the letters that the print street got."""
        files = sorted((self.folder / "street").glob("[!.]*/letters.csv"))
        return [row["name"] for file in files for row in _rows(file)]


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        yield from csv.DictReader(opened)


@contextmanager
def marketing_tryton(ground: Ground) -> Iterator[TrytonServer]:
    """The people are known to both; lead management knows where they live."""
    databases = {CM: EMPTY, LMS: EMPTY}
    with running_tryton(ground.home, ground.postgres, databases, fresh=True, name="story") as server:
        for database in databases:
            with server.log_in(database) as rpc:
                _fill(rpc)
        yield server


def _fill(rpc: TrytonRpc) -> None:
    rows, made = PartyRows(rpc), []
    for place, (name, (address, number)) in enumerate(PEOPLE.items(), start=1):
        home = rows.address(f"Havenkade {place}", "1011 AA", "Amsterdam")
        made.append(rows.party(name, "nl", (email(address), mobile(number)), (home,)))
    rpc.create("party.party", made)


def plan_campaign(cm: TrytonRpc, people: Sequence[str]) -> None:
    """As a marketer does it in the package: a scenario, and the people it is for."""
    activity = {"name": "Offer", "action": "send_email", "email_title": "Fibre", "email_template": "<p>Fibre</p>"}
    (scenario,) = cm.create(
        "marketing.automation.scenario",
        [{"name": CAMPAIGN, "model": "party.party", "activities": create_children(activity)}],
    )
    parties = {str(row["name"]): row["id"] for row in cm.search_read("party.party", [], ["name"])}
    cm.create(
        "marketing.automation.record",
        [{"scenario": scenario, "record": f"party.party,{parties[name]}"} for name in people],
    )


def noon_now() -> str:
    """A time zone in which it is around noon: tomorrow's mails are not within the hour."""
    return f"Etc/GMT{utc_now().hour - 12:+d}"


@asynccontextmanager
async def marketing_company(
    tryton: TrytonServer, database: Database, database_url: str, folder: Path
) -> AsyncIterator[MarketingCompany]:
    """Web process and engine in this loop, as `hub up` runs them."""
    async with receiving() as receiver:
        shutil.copytree(CONFIGURATION, folder, dirs_exist_ok=True)
        adapters = InstalledAdapters()
        places = {"TRYTON_URL": tryton.url, "SMTP_PORT": str(receiver.port), "TRYTON_PASSWORD": tryton.password}
        places["NOON"] = noon_now()
        configuration = load_configuration(folder / "hub.yaml", adapters, places)
        hub = Installation(Settings(data_dir=folder, port=free_port() or 0), configuration, adapters, database_url)
        await declare(hub, database)
        with tryton.log_in(CM) as cm, tryton.log_in(LMS) as lms:
            async with (
                running_engine(hub),
                serving(hub) as port,
                httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http,
            ):
                address = f"127.0.0.1:{port}"
                yield MarketingCompany(http, address, database, receiver, cm, lms, folder, hub)


async def in_tryton(rpc: TrytonRpc, model: str, domain: Sequence[Any], *fields: str) -> list[Any]:
    """Rows as a person there sees them."""
    return list(await asyncio.to_thread(rpc.search_read, model, list(domain), list(fields)))
