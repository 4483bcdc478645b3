"""From a signed webhook to the subscriber who sees the golden customer: p50 and p99 in milliseconds.

    python -m benchmarks.latency [--rates 50,200] [--seconds 20]
    python -m benchmarks.latency --backfill 200000

A web process, a worker for real-time work and, with a backfill, one for bulk work run on a PostgreSQL of their own and
on a broker that is there (--broker). Events come at fixed times, however slow the answers are; each renames a
customer, whom a WebSocket follows. An event's time counts from when it was due until its name is heard, or a later one
of the same customer. With a backfill the same is measured while a weekly file of so many customers is loaded.
Beside the times stands the CPU that an event costs: where all of it together is more than the machine has, times grow
without an end.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from secrets import token_hex
from typing import Final

import asyncpg
import httpx2
import orjson
import uvloop
from standardwebhooks.webhooks import Webhook
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from adapters.files.export import write_export
from adapters.files.options import FileFormat
from benchmarks.kept_open import KeptOpen
from benchmarks.processes import URGENT, Installed, installed
from hub.access.principal import Role
from hub.records.identity import Entity
from hub.records.source import JsonObject
from hub.work.tables import Queue

PEOPLE: Final = 200
PER_SOCKET: Final = 50
SECRET: Final = "whsec_" + b64encode(b"benchmark" * 4).decode()
REDIS: Final = os.environ.get("HUB_TEST_REDIS", "redis://127.0.0.1:6379/9")
PATIENCE_S: Final = 300.0
BOUND_MS: Final = 50.0

HUB_YAML: Final = """
company: Benchmark
systems:
  shop:
    adapter: memory
    roles: [CRM]
    options: {webhook_secrets: ["${WEBHOOK_SECRET}"]}
  archive:
    adapter: files
    roles: [BACK_OFFICE]
    options: {folder: "${BENCH_FOLDER}/drop", entities: {customer: {id: id}}}
    mappings:
      customer:
        entity: customer
        version: 1
        fields: {name: name}
        lists:
          contact_media:
            from: media
            fields: {external_id: id, kind: kind, value: value}
          addresses:
            from: homes
            fields: {external_id: id, street: street, locality: city}
flows:
  shop-customers:
    business_flow: 2
    entity: customer
    source: shop
    lanes: [{cadence: REAL_TIME, mode: AUTHORITATIVE}]
  archive-customers:
    business_flow: 2
    entity: customer
    source: archive
    lanes: [{cadence: WEEKLY, mode: AUTHORITATIVE, cron: "0 3 1 1 *", page_size: 500}]
"""

FOLLOW: Final = "subscription ($id: ID!) { customerUpdates(id: $id) { customer { name } } }"
FIND: Final = """
query ($after: String) { customers(first: 100, after: $after) {
  edges { node { id name } } pageInfo { hasNextPage endCursor } } }
"""
RUN: Final = 'mutation { runFlow(input: {flow: "archive-customers"}) { problems { code } } }'


@dataclass
class Heard:
    """What was sent and not yet heard, by customer, and how long the others took."""

    waiting: dict[int, dict[int, float]] = field(default_factory=lambda: {n: {} for n in range(PEOPLE)})
    took_ms: list[float] = field(default_factory=list)

    def sent(self, number: int, revision: int, due: float) -> None:
        self.waiting[number][revision] = due

    def heard(self, name: str) -> None:
        """A name tells of its revision, and of earlier ones that were told together with it."""
        now = time.perf_counter()
        number, revision = (int(part) for part in name.split()[1::2])
        of_customer = self.waiting[number]
        for earlier in [one for one in of_customer if one <= revision]:
            self.took_ms.append((now - of_customer.pop(earlier)) * 1000)

    @property
    def missing(self) -> int:
        return sum(len(of_customer) for of_customer in self.waiting.values())


class Client:
    """The shop that pushes, and a front end that follows its customers."""

    def __init__(self, company: Installed, address: str, http: httpx2.AsyncClient) -> None:
        self._http, self._address = http, address
        self._sender = KeptOpen(address)
        self._token = company.token(Role.AGENT, Role.ARCHITECT)
        self._signer = Webhook(SECRET)
        self._revision = 0
        self.heard = Heard()

    async def ask(self, query: str, variables: Mapping[str, object] | None = None) -> dict[str, dict[str, object]]:
        """The data of an answer without errors."""
        body = {"query": query, "variables": variables or {}}
        answer = await self._http.post("/graphql", json=body, headers={"Authorization": f"Bearer {self._token}"})
        told: dict[str, dict[str, dict[str, object]]] = answer.raise_for_status().json()
        if "errors" in told:
            raise RuntimeError(str(told["errors"]))
        return told["data"]

    async def push(self, number: int, revision: int) -> None:
        """One signed event: the whole customer, renamed."""
        now = datetime.now(UTC)
        name = f"Person {number} at {revision}"
        media = [{"external_id": "1", "kind": "EMAIL", "value": f"person{number}@example.com"}]
        event = {"entity": "customer", "id": str(number), "at": now, "body": {"name": name, "contact_media": media}}
        body, event_id = orjson.dumps(event).decode(), token_hex(8)
        headers = {
            "webhook-id": event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(event_id, now, body),
            "content-type": "application/json",
        }
        status = await self._sender.post("/webhooks/shop", headers, body.encode())
        if status != HTTPStatus.ACCEPTED:
            raise RuntimeError(f"an event was answered {status}")

    async def introduce(self) -> dict[str, int]:
        """Push every person once; gives their ids."""
        for number in range(PEOPLE):
            await self.push(number, 0)
        ids: dict[str, int] = {}
        deadline = time.monotonic() + PATIENCE_S
        while len(ids) < PEOPLE:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(ids)} of {PEOPLE} people came in")
            await asyncio.sleep(0.2)
            ids = await self._people()
        return ids

    async def _people(self) -> dict[str, int]:
        ids: dict[str, int] = {}
        after: object = None
        while True:
            page = (await self.ask(FIND, {"after": after}))["customers"]
            for edge in page["edges"]:  # type: ignore[attr-defined]  # the shape that was asked for
                ids[edge["node"]["id"]] = int(edge["node"]["name"].split()[1])
            info = page["pageInfo"]
            if not info["hasNextPage"]:  # type: ignore[index]  # the shape that was asked for
                return ids
            after = info["endCursor"]  # type: ignore[index]  # the shape that was asked for

    @asynccontextmanager
    async def following(self, ids: Sequence[str]) -> AsyncIterator[None]:
        """Follow all of them for as long as the block lasts."""
        async with AsyncExitStack() as stack:
            ears = []
            for first in range(0, len(ids), PER_SOCKET):
                url = f"ws://{self._address}/graphql"
                socket = await stack.enter_async_context(
                    connect(url, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None)
                )
                await self._subscribe(socket, ids[first : first + PER_SOCKET])
                ears.append(asyncio.create_task(self._listen(socket)))
            yield
            for ear in ears:
                ear.cancel()
            await asyncio.gather(*ears, return_exceptions=True)

    async def _subscribe(self, socket: ClientConnection, ids: Sequence[str]) -> None:
        """Returns when each has told the customer as he is now."""
        init = {"type": "connection_init", "payload": {"authorization": f"Bearer {self._token}"}}
        await socket.send(orjson.dumps(init).decode())
        await socket.recv()
        for one in ids:
            payload = {"query": FOLLOW, "variables": {"id": one}}
            await socket.send(orjson.dumps({"id": one, "type": "subscribe", "payload": payload}).decode())
        told = 0
        while told < len(ids):
            message = orjson.loads(await socket.recv())
            if message["type"] == "error":
                raise RuntimeError(str(message["payload"]))
            told += message["type"] == "next"

    async def _listen(self, socket: ClientConnection) -> None:
        async for raw in socket:
            message = orjson.loads(raw)
            if message["type"] == "next":
                self.heard.heard(message["payload"]["data"]["customerUpdates"]["customer"]["name"])

    async def measure(self, rate: int, seconds: float) -> Sequence[float]:
        """Milliseconds of every event at this rate, sorted; raises when one is not heard in time."""
        self.heard = Heard()
        began, calls = time.perf_counter() + 0.2, set()
        for event in range(int(rate * seconds)):
            due = began + event / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            self._revision += 1
            number = event % PEOPLE
            self.heard.sent(number, self._revision, due)
            call = asyncio.create_task(self.push(number, self._revision))
            calls.add(call)
            call.add_done_callback(calls.discard)
        await asyncio.gather(*calls)
        deadline = time.monotonic() + PATIENCE_S
        while self.heard.missing:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.heard.missing} events were not heard")
            await asyncio.sleep(0.05)
        return sorted(self.heard.took_ms)


def p(took_ms: Sequence[float], share: float) -> float:
    """The smallest time within which that share of the events were heard."""
    return took_ms[min(len(took_ms) - 1, int(share * len(took_ms)))]


def told(rate: int, took_ms: Sequence[float], beside: str) -> str:
    """One line of the table."""
    return (
        f"{rate:>5} events/s {beside:<12} p50 {statistics.median(took_ms):7.1f} ms   p99 {p(took_ms, 0.99):7.1f} ms   "
        f"({len(took_ms):,} events)"
    )


def archive(count: int) -> Iterator[JsonObject]:
    """Customers nobody else knows."""
    for n in range(count):
        media = [
            {"id": "1", "kind": "EMAIL", "value": f"archived{n}@example.com"},
            {"id": "2", "kind": "PHONE", "value": f"+316{n:08d}"},
        ]
        yield {
            "id": str(n),
            "name": f"Archived {n}",
            "media": media,
            "homes": [{"id": "1", "street": f"Kade {n}", "city": "Utrecht"}],
        }


async def backfill_run(company: Installed) -> tuple[str, int]:
    """State of the weekly run and how many records it has read."""
    connection = await asyncpg.connect(company.database_url)
    try:
        row = await connection.fetchrow(
            """SELECT r.state, coalesce((r.counters::jsonb ->> 'read')::int, 0) AS read FROM flow_run r
               JOIN lane l ON l.id = r.lane_id WHERE l.flow = 'archive-customers'
               ORDER BY r.created_at DESC LIMIT 1"""
        )
        return ("QUEUED", 0) if row is None else (row["state"], row["read"])
    finally:
        await connection.close()


async def under_way(company: Installed) -> int:
    """Returns when the run has taken its first pages in; gives how many records."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        _, read = await backfill_run(company)
        if read >= 1000:
            return read
        if time.monotonic() > deadline:
            raise TimeoutError("the backfill did not begin")
        await asyncio.sleep(0.2)


async def measure_all(company: Installed, address: str, options: argparse.Namespace) -> None:
    rates = [int(rate) for rate in options.rates.split(",")]
    async with httpx2.AsyncClient(base_url=f"http://{address}", timeout=60) as http:
        client = Client(company, address, http)
        ids = list(await client.introduce())
        async with client.following(ids):
            await client.measure(50, 2)  # plans and connections are made
            idle = {}
            for rate in rates:
                before = company.cpu_s()
                idle[rate] = await client.measure(rate, options.seconds)
                print(told(rate, idle[rate], "alone"))
                costs = {name: (now - before[name]) / len(idle[rate]) for name, now in company.cpu_s().items()}
                print(
                    "      CPU ms an event: " + ", ".join(f"{n} {c * 1000:.1f}" for n, c in costs.items()), flush=True
                )
            if options.backfill:
                await beside_backfill(company, client, idle, options)


async def beside_backfill(
    company: Installed, client: Client, idle: Mapping[int, Sequence[float]], options: argparse.Namespace
) -> None:
    """The same rates while the weekly file is loaded, and what that did to the load."""
    await client.ask(RUN)
    for rate, alone in idle.items():
        read, began = await under_way(company), time.perf_counter()
        took_ms = await client.measure(rate, options.seconds)
        state, after = await backfill_run(company)
        loaded = (after - read) / (time.perf_counter() - began)
        bound = max(2 * p(alone, 0.99), BOUND_MS)
        print(told(rate, took_ms, "and backfill"))
        print(
            f"      p99 {p(took_ms, 0.99) / p(alone, 0.99):.2f} of alone, bound {bound:.0f} ms "
            f"{'kept' if p(took_ms, 0.99) <= bound else 'MISSED'}; backfill {state}, {loaded:,.0f} records/s meanwhile",
            flush=True,
        )


def main() -> None:
    """Start the processes, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rates", default="50,200", help="events per second, with commas between")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each rate is kept up")
    parser.add_argument("--backfill", type=int, default=0, help="customers in the weekly file; 0: no backfill")
    parser.add_argument("--broker", default=REDIS, help="redis://... or amqp://...; only own queues are touched")
    options = parser.parse_args()
    with ExitStack() as stack:
        company = stack.enter_context(installed(HUB_YAML, options.broker, WEBHOOK_SECRET=SECRET))
        print("ready", file=sys.stderr)
        if options.backfill:
            now = datetime.now(UTC)
            write_export(
                company.folder / "drop", Entity.CUSTOMER, archive(options.backfill), now, now, FileFormat.JSONL
            )
        address = stack.enter_context(company.web())
        stack.enter_context(company.worker(*URGENT))
        if options.backfill:
            stack.enter_context(company.worker(*(queue for queue in Queue if queue not in URGENT)))
        uvloop.run(measure_all(company, address, options))


if __name__ == "__main__":
    main()
