"""The example clients, built and run as their readers would, through broken connections and restarts of the hub."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from hub.access.admission import Allowance
from hub.access.principal import Role
from hub.entrypoints.asgi.documents import Documents, read_manifest
from hub.live.changes import Change
from hub.live.generation import renew
from hub.live.publish import publish
from hub.store.engine import Database
from tests.conformance.clients import ROOT, built_frontend
from tests.faults.proxy import Proxy
from tests.flows.building import apply_page, content, declare_flow, page, person
from tests.schema.company import NOW, Person, add_person, add_systems, gid, uid
from tests.schema.following import read_events
from tests.schema.serving import Api, listening_api
from tests.stewardship.building import owner

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("node")]

PHONE = "+31612345678"
ANNA = uid("Anna Bakker")
CHANGED = "CustomerAttributeValueChangeEvent"


@pytest.fixture(scope="session")
def frontend() -> Path:
    """The TypeScript client, compiled."""
    return built_frontend()


@dataclass
class Hub:
    """A hub behind a proxy, stopped and started as a deployment does it."""

    database_url: str
    folder: Path
    proxy: Proxy
    token: str = ""
    _running: AsyncExitStack | None = None

    async def start(self, **given: Any) -> None:
        """A server at another port, to which the proxy leads from now on."""
        self._running = AsyncExitStack()
        api, address = await self._running.enter_async_context(listening_api(self.database_url, self.folder, **given))
        host, port = address.split(":")
        self.proxy.lead_to(host, int(port))
        self.token = api.token(Role.AGENT)

    async def stop(self) -> None:
        """Tells every subscriber UNAVAILABLE, then ends."""
        if self._running is not None:
            await self._running.aclose()
        self._running = None


@asynccontextmanager
async def behind_a_proxy(database: Database, database_url: str, folder: Path, **given: Any) -> AsyncIterator[Hub]:
    """A hub that knows Anna, reached through a proxy; with an agent's token."""
    async with database.transaction() as connection:
        await add_systems(connection)
        await add_person(connection, Person("Anna Bakker", "anna@example.nl", PHONE))
    hub = Hub(database_url, folder, Proxy("127.0.0.1", 0))
    async with asyncio.timeout(120):
        await hub.start(**given)
        await hub.proxy.start()
        try:
            yield hub
        finally:
            await hub.proxy.stop()
            await hub.stop()


async def rename(database: Database, name: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE customer SET name = :n WHERE id = :id"), {"n": name, "id": ANNA})
        await publish(connection, [Change("Customer", str(ANNA), CHANGED)], NOW)


async def lines(*command: str, cwd: Path, **environment: str) -> AsyncGenerator[str, None]:
    """What a client prints, line by line, until it ends well."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, env={**os.environ, **environment}, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async for line in process.stdout:
            yield line.decode().rstrip()
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


Interrupt = Callable[[Hub, Database], Awaitable[None]]


async def cut(hub: Hub, database: Database) -> None:
    """The connection breaks without a word, and one change comes meanwhile."""
    await hub.proxy.cut(0)
    await rename(database, "Anna Jansen")


async def restart(hub: Hub, database: Database) -> None:
    """The server says that it stops, one change comes, and the next server starts."""
    await hub.stop()
    await rename(database, "Anna Jansen")
    await hub.start()


async def hear(
    client: AsyncGenerator[str, None], hub: Hub, database: Database, interrupt: Interrupt = cut
) -> list[str]:
    """The view and the current value; then the interruption with a change in it, and one change behind it."""
    async with aclosing(client):
        heard = [await anext(client), await anext(client)]
        await interrupt(hub, database)
        heard.append(await anext(client))
        await rename(database, "Anna Visser")
        return heard + [line async for line in client]


def typescript(hub: Hub, frontend: Path, count: int) -> AsyncGenerator[str, None]:
    """What the TypeScript client prints until it heard so many messages."""
    url = f"http://127.0.0.1:{hub.proxy.port}/graphql"
    command = ("node", "dist/main.js", PHONE, str(count))
    return lines(*command, cwd=frontend, HUB_URL=url, HUB_TOKEN=hub.token)


def python(hub: Hub, count: int) -> AsyncGenerator[str, None]:
    """What the Python client prints until it heard so many messages."""
    url = f"http://127.0.0.1:{hub.proxy.port}"
    command = (sys.executable, "-m", "examples.python_client", PHONE, str(count))
    return lines(*command, cwd=ROOT, HUB_URL=url, HUB_TOKEN=hub.token)


EXPECTED = [
    f"Anna Bakker: EMAIL anna@example.nl (crm), PHONE {PHONE} (crm)",
    "CURRENT Anna Bakker",
    f"{CHANGED} Anna Jansen",
    f"{CHANGED} Anna Visser",
]
INTERRUPTIONS = pytest.mark.parametrize("interrupt", [cut, restart])


@INTERRUPTIONS
async def test_the_typescript_client_loses_and_repeats_nothing_over_an_interruption(
    frontend: Path, database: Database, database_url: str, tmp_path: Path, interrupt: Interrupt
) -> None:
    async with behind_a_proxy(database, database_url, tmp_path) as hub:
        assert await hear(typescript(hub, frontend, 3), hub, database, interrupt) == EXPECTED


@INTERRUPTIONS
async def test_the_python_client_loses_and_repeats_nothing_over_an_interruption(
    database: Database, database_url: str, tmp_path: Path, interrupt: Interrupt
) -> None:
    async with behind_a_proxy(database, database_url, tmp_path) as hub:
        assert await hear(python(hub, 3), hub, database, interrupt) == EXPECTED


@pytest.mark.parametrize("token", ["forged", ""], ids=["another's", "none"])
async def test_the_typescript_client_stops_where_its_token_is_refused(
    frontend: Path, database: Database, database_url: str, tmp_path: Path, token: str
) -> None:
    """It follows only, as a page that was open when its token ended: the first request did not tell it."""
    async with behind_a_proxy(database, database_url, tmp_path) as hub:
        script = (
            'const { connect } = await import("./dist/connect.js");'
            'const { follow } = await import("./dist/follow.js");'
            'const heard = follow(connect(process.env.HUB_URL, process.env.HUB_TOKEN), "Q3VzdG9tZXI6eA==");'
            "try { for await (const update of heard) console.log(update.event); }"
            "catch (error) { console.log(error.message); process.exit(0); }"
        )
        command = ("node", "--input-type=module", "--eval", script)
        url = f"http://127.0.0.1:{hub.proxy.port}/graphql"
        told = [line async for line in lines(*command, cwd=frontend, HUB_URL=url, HUB_TOKEN=token)]
        assert told == ["the hub closed the connection: 4403 Forbidden"]


async def restored(hub: Hub, database: Database) -> None:
    """The database is another one from now on, as after a restore, and the server starts anew."""
    await hub.stop()
    async with database.transaction() as connection:
        await renew(connection)
    await rename(database, "Anna Jansen")
    await hub.start()


async def test_the_clients_read_afresh_after_a_restore(
    frontend: Path, database: Database, database_url: str, tmp_path: Path
) -> None:
    async with behind_a_proxy(database, database_url, tmp_path) as hub:
        expected = [*EXPECTED[:2], "CURRENT Anna Jansen", EXPECTED[3]]
        assert await hear(typescript(hub, frontend, 3), hub, database, restored) == expected
        await rename(database, "Anna Bakker")
        assert await hear(python(hub, 3), hub, database, restored) == expected


async def test_the_clients_wait_where_they_ask_too_often(
    frontend: Path, database: Database, database_url: str, tmp_path: Path
) -> None:
    """The view is the one request of two seconds; the subscription comes right behind it."""
    slowly = Allowance(per_second=0.5, burst=1, at_once=2, subscriptions=2, cost=1_000_000)
    async with behind_a_proxy(database, database_url, tmp_path, allowances={Role.AGENT: slowly}) as hub:
        assert [line async for line in python(hub, 1)] == EXPECTED[:2]
        await hub.stop()
        await hub.start(allowances={Role.AGENT: slowly})
        assert [line async for line in typescript(hub, frontend, 1)] == EXPECTED[:2]


SPOILT = """
import WebSocket from "ws";
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (text, ...rest) { send.call(this, process.env.SPOILT ?? text, ...rest); };
const { connect } = await import("./dist/connect.js");
const { follow } = await import("./dist/follow.js");
try {
  for await (const update of follow(connect(process.env.HUB_URL, process.env.HUB_TOKEN), "Q3VzdG9tZXI6eA==")) {
    console.log(update.event);
  }
} catch (error) { console.log(error.message); process.exit(0); }
"""
"""Follows over sockets that say something else than they are told to, as behind a proxy that spoils what it carries."""
FOLLOWING = """
import asyncio, json, os, httpx2
from examples.python_client.follow import Refused, follow

async def main():
    headers = {"authorization": f"Bearer {os.environ['HUB_TOKEN']}"}
    async with httpx2.AsyncClient(base_url=os.environ["HUB_URL"], headers=headers) as client:
        try:
            async for update in follow(client, "Q3VzdG9tZXI6eA=="):
                print(update["event"])
        except Refused as refused:
            print("Refused", json.loads(str(refused))["errors"][0]["extensions"]["code"])
        except httpx2.LocalProtocolError as error:
            print("LocalProtocolError", error)

asyncio.run(main())
"""
BEFORE_INIT = '{"id": "1", "type": "subscribe", "payload": {"query": "{ viewer { subject } }"}}'


@pytest.mark.parametrize(
    ("spoilt", "closed"),
    [("no JSON", "4400 WebSocket message must be valid JSON"), (BEFORE_INIT, "4401 Unauthorized")],
    ids=["no JSON", "before init"],
)
async def test_the_typescript_client_stops_where_the_hub_does_not_understand_or_know_it(
    frontend: Path, database: Database, database_url: str, tmp_path: Path, spoilt: str, closed: str
) -> None:
    async with behind_a_proxy(database, database_url, tmp_path) as hub:
        command = ("node", "--input-type=module", "--eval", SPOILT)
        url = f"http://127.0.0.1:{hub.proxy.port}/graphql"
        told = [line async for line in lines(*command, cwd=frontend, HUB_URL=url, HUB_TOKEN=hub.token, SPOILT=spoilt)]
        assert told == [f"the hub closed the connection: {closed}"]


@pytest.mark.parametrize(
    ("token", "told"),
    [("forged", "Refused UNAUTHORISED"), ("", "LocalProtocolError Illegal header value b'Bearer '")],
    ids=["another's", "none"],
)
async def test_the_python_client_stops_where_its_token_is_refused(
    database: Database, database_url: str, tmp_path: Path, token: str, told: str
) -> None:
    """It follows only, as the other one."""
    async with behind_a_proxy(database, database_url, tmp_path) as hub:
        url = f"http://127.0.0.1:{hub.proxy.port}"
        command = (sys.executable, "-c", FOLLOWING)
        assert [line async for line in lines(*command, cwd=ROOT, HUB_URL=url, HUB_TOKEN=token)] == [told]


MERGE = "mutation($i: MergeCustomersInput!) { mergeCustomers(input: $i) { customer { stewardActs { id } } } }"
SPLIT = "mutation($i: SplitCustomerInput!) { splitCustomer(input: $i) { problems { code } } }"
PIN = "mutation($i: PinFieldInput!) { pinField(input: $i) { problems { code } } }"


async def merged_and_split(client: AsyncGenerator[str, None], api: Api, jan: str, bakker: str) -> list[str]:
    """What a client prints that follows Bakker while he becomes Jan, who is renamed, and is himself again."""

    async def named(customer: str, name: str) -> None:
        await api.ask(PIN, {"i": {"customerId": customer, "field": "name", "value": name}}, role=Role.STEWARD)

    async with aclosing(client):
        heard = [await anext(client), await anext(client)]
        merge = {"into": jan, "customerIds": [bakker]}
        merged = await api.ask(MERGE, {"i": merge}, role=Role.STEWARD)
        heard.append(await anext(client))
        await named(jan, "Jan Een")
        heard.append(await anext(client))
        act = merged.data["mergeCustomers"]["customer"]["stewardActs"][0]["id"]
        await api.ask(SPLIT, {"i": {"what": {"mergeId": act}}}, role=Role.STEWARD)
        heard.append(await anext(client))
        await named(bakker, "J. Bakker")
        return heard + [line async for line in client]


@pytest.mark.parametrize("language", ["python", "typescript"])
async def test_a_client_goes_on_through_a_merge_and_a_split(
    frontend: Path, database: Database, database_url: str, tmp_path: Path, language: str
) -> None:
    lane = await declare_flow(database, "crm")
    people = content("1", person("Jan de Vries", PHONE), 1), content("2", person("Piet Bakker", "+31687654321"), 1)
    await apply_page(database, lane, page(*people))
    jan, bakker = [gid("Customer", await owner(database, "crm", one)) for one in ("1", "2")]
    async with asyncio.timeout(120), listening_api(database_url, tmp_path) as (api, address):
        url, token = f"http://{address}", api.token(Role.AGENT)
        commands = {
            "python": ((sys.executable, "-m", "examples.python_client"), ROOT, url),
            "typescript": (("node", "dist/main.js"), frontend, f"{url}/graphql"),
        }
        command, cwd, address = commands[language]
        client = lines(*command, "+31687654321", "5", cwd=cwd, HUB_URL=address, HUB_TOKEN=token)
        assert await merged_and_split(client, api, jan, bakker) == [
            "Piet Bakker: PHONE +31687654321 (crm)",
            "CURRENT Piet Bakker",
            "CustomerDeleteEvent Jan de Vries",
            f"{CHANGED} Jan Een",
            f"{CHANGED} Piet Bakker",
            f"{CHANGED} J. Bakker",
        ]


async def test_a_hub_that_trusts_the_generated_manifest_answers_its_documents_by_id_and_no_other(
    frontend: Path, database: Database, database_url: str, tmp_path: Path
) -> None:
    manifest = read_manifest(frontend / "src" / "gql" / "persisted-documents.json")
    ids = {text.split("(")[0]: name for name, text in manifest.items()}
    assert sorted(ids) == ["query View", "subscription Follow"]
    documents = Documents(manifest, trusted_only=True)
    async with behind_a_proxy(database, database_url, tmp_path, documents=documents) as hub:
        asked: dict[str, object] = {"documentId": ids["query View"], "variables": {"phone": PHONE}}
        headers = {"authorization": f"Bearer {hub.token}"}
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{hub.proxy.port}", headers=headers) as http:
            answer = (await http.post("/graphql", json=asked)).json()
            assert answer["data"]["customer"]["name"] == "Anna Bakker"
            following = {
                "documentId": ids["subscription Follow"],
                "variables": {"id": answer["data"]["customer"]["id"]},
            }
            accept = {"accept": "text/event-stream"}
            async with http.stream("POST", "/graphql", json=following, headers=accept) as response:
                _, told = await anext(read_events(response))
            assert told["data"]["customerUpdates"]["event"] == "CURRENT"
            other = (await http.post("/graphql", json={"query": "{ viewer { subject } }"})).json()
            assert other["errors"][0]["extensions"]["code"] == "UNTRUSTED_DOCUMENT"
