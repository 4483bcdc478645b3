"""Subscribers of one web process beside those of mercurius, over the same changes in one PostgreSQL.

    python -m benchmarks.graphql.subscribers                  1,000 subscribers, 100 changes a second, for 30 seconds
    python -m benchmarks.graphql.subscribers --seconds 300    long enough to see whether memory stays flat
    python -m benchmarks.graphql.subscribers --hub-only       without Node

Each subscriber follows one of 100 customers over a WebSocket of his own (graphql-transport-ws): ten watch each change.
A change is a transaction that renames the customer and publishes it; the name tells when it began. Told is how long it
takes from there to each subscriber: commit, numbering, fan-out, reading the object anew under his rights, sending. Lost
are subscribers who never hear of the last state of their customer. Changes that come while a message is on its way may
be told together: that is counted too. The hub runs as in production, with tokens, limits and the audit of reads.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Final

import asyncpg
import orjson
from rich.console import Console
from rich.table import Table
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks.graphql.company import customer_id, fill, global_id
from benchmarks.graphql.servers import NODE, ROOT, Server, install_peers, the_hub
from hub.embedded.postgres import EmbeddedPostgres
from hub.live.sequencer import Sequencer

CONSOLE: Final = Console()
FOLLOWED: Final = 100
PROTOCOL: Final = Subprotocol("graphql-transport-ws")
FOLLOW: Final = """subscription Follow($id: ID!) { customerUpdates(id: $id) { cursor event customer { id name } } }"""

RENAME: Final = "UPDATE customer SET name = $2, version = version + 1 WHERE id = $1"
PUBLISH: Final = """INSERT INTO change_pending (topic, object_id, kind, at)
VALUES ('Customer', $1, 'CustomerAttributeValueChangeEvent', now())"""
NOTIFY: Final = "SELECT pg_notify('bench_customer', $1)"
"""What a Node server listens to; the hub is not woken by it."""


@dataclass
class Heard:
    """What all subscribers heard: milliseconds of each message, and the last change that each of them knows of."""

    told_ms: list[float] = field(default_factory=list)
    last: dict[int, int] = field(default_factory=dict)
    current: int = 0


@dataclass
class Memory:
    """Resident megabytes of a process, second by second."""

    pid: int
    samples: list[float] = field(default_factory=list)

    async def watch(self) -> None:
        while True:
            self.samples.append(resident_mb(self.pid))
            await asyncio.sleep(1)


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def busy_ms(pid: int) -> float:
    """Milliseconds of CPU that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


async def follow(number: int, server: Server, heard: Heard, ready: asyncio.Event) -> None:
    """One subscriber until cancelled."""
    url = server.url.replace("http://", "ws://")
    async with connect(url, subprotocols=[PROTOCOL], proxy=None, compression=None, open_timeout=60) as socket:
        await _subscribe(socket, server, 1 + number % FOLLOWED)
        async for message in socket:
            arrived = time.time_ns()
            told = orjson.loads(message)
            if told["type"] == "ping":
                await socket.send('{"type": "pong"}')
                continue
            if told["type"] != "next" or told["payload"].get("errors"):
                raise SystemExit(f"{server.name}: {message!r}")
            update = told["payload"]["data"]["customerUpdates"]
            if update["event"] == "CURRENT":
                heard.last[number] = 0
                heard.current += 1
                ready.set()
                continue
            sequence, began = update["customer"]["name"].split(" ")
            heard.told_ms.append((arrived - int(began)) / 1e6)
            heard.last[number] = int(sequence)
            ready.set()


async def _subscribe(socket: ClientConnection, server: Server, customer: int) -> None:
    payload = {} if server.token is None else {"authorization": f"Bearer {server.token}"}
    await socket.send(orjson.dumps({"type": "connection_init", "payload": payload}).decode())
    if orjson.loads(await socket.recv())["type"] != "connection_ack":
        raise SystemExit(f"{server.name} does not know the subscriber")
    asked = {"query": FOLLOW, "variables": {"id": global_id(customer)}}
    await socket.send(orjson.dumps({"id": "1", "type": "subscribe", "payload": asked}).decode())


async def change(dsn: str, per_second: float, seconds: float) -> Mapping[int, int]:
    """Changes at their times whatever becomes of them; answers the last one of each customer."""
    chance = random.Random(7)
    last: dict[int, int] = {}
    turns: dict[int, asyncio.Lock] = {}
    async with asyncpg.create_pool(dsn, min_size=4, max_size=4) as pool:
        began = time.perf_counter()
        under_way: set[asyncio.Task[None]] = set()
        for sequence in range(1, int(per_second * seconds) + 1):
            await asyncio.sleep(max(0.0, began + sequence / per_second - time.perf_counter()))
            customer = 1 + chance.randrange(FOLLOWED)
            last[customer] = sequence
            task = asyncio.create_task(_change(pool, turns.setdefault(customer, asyncio.Lock()), customer, sequence))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        await asyncio.gather(*under_way)
    return last


async def _change(pool: asyncpg.Pool, turn: asyncio.Lock, customer: int, sequence: int) -> None:
    """Those of one customer in their order, so that it is known which is the last."""
    identity = str(customer_id(customer))
    async with turn, pool.acquire() as connection, connection.transaction():
        await connection.execute(RENAME, customer_id(customer), f"{sequence} {time.time_ns()}")
        await connection.execute(PUBLISH, identity)
        await connection.execute(NOTIFY, identity)


@asynccontextmanager
async def mercurius(dsn: str) -> AsyncIterator[tuple[Server, int]]:
    """Node with mercurius and its subscriptions."""
    environment = {**os.environ, "DATABASE_URL": dsn, "NODE_ENV": "production"}
    environment["SCHEMA"] = str(ROOT / "schema" / "schema.graphql")
    node = str(NODE / "node_modules" / ".bin" / "node")
    script = str(NODE / "mercurius_subscriptions.mjs")
    process = await asyncio.create_subprocess_exec(node, script, cwd=ROOT, env=environment, stdout=subprocess.PIPE)
    try:
        if process.stdout is None:
            raise AssertionError("stdout is a pipe")
        address = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()
        yield Server("mercurius", f"{address}/graphql"), process.pid
    finally:
        process.kill()
        await process.wait()


def pid_of(server: Server) -> int:
    """The process that listens at the server's port."""
    port = server.url.rsplit(":", 1)[1].partition("/")[0]
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            words = path.read_bytes().split(b"\0")
            if b"serve" in words and port.encode() in words:
                return int(path.parent.name)
    raise SystemExit(f"nothing serves at {port}")


async def measure(server: Server, pid: int, dsn: str, given: argparse.Namespace) -> list[str]:
    """A row of the table."""
    heard, ready, memory = Heard(), asyncio.Event(), Memory(pid)
    tasks = [asyncio.create_task(follow(number, server, heard, ready)) for number in range(given.subscribers)]
    watching = asyncio.create_task(memory.watch())
    try:
        while heard.current < given.subscribers:
            ready.clear()
            failed = next((task for task in tasks if task.done()), None)
            if failed is not None:
                failed.result()
            await asyncio.wait_for(ready.wait(), 60)
        await change(dsn, given.rate, 3)  # warm
        heard.told_ms.clear()
        memory.samples.clear()
        busy = busy_ms(pid)
        last = await change(dsn, given.rate, given.seconds)
        expected = {
            number: last[1 + number % FOLLOWED] for number in range(given.subscribers) if 1 + number % FOLLOWED in last
        }
        with suppress(TimeoutError):
            async with asyncio.timeout(10):
                while any(heard.last[number] != sequence for number, sequence in expected.items()):
                    ready.clear()
                    await ready.wait()
    finally:
        for task in (*tasks, watching):
            task.cancel()
        await asyncio.gather(*tasks, watching, return_exceptions=True)
    busy = busy_ms(pid) - busy
    lost = sum(heard.last[number] != sequence for number, sequence in expected.items())
    due = round(given.rate * given.seconds * given.subscribers / FOLLOWED)
    cut = quantiles(heard.told_ms, n=100)
    half = len(memory.samples) // 2
    return [
        server.name,
        f"{len(heard.told_ms):,} of {due:,}",
        str(lost),
        f"{cut[49]:.0f}",
        f"{cut[98]:.0f}",
        f"{max(heard.told_ms):.0f}",
        f"{busy / len(heard.told_ms):.2f}",
        f"{max(memory.samples[:half] or [0]):.0f} / {max(memory.samples[half:] or [0]):.0f}",
    ]


async def compare(dsn: str, folder: Path, given: argparse.Namespace) -> None:
    """One server after the other."""
    await fill(dsn, 1_000)
    table = Table("", "messages", "lost", "p50 ms", "p99 ms", "max ms", "CPU ms each", "MB, first / second half")
    numbering = asyncio.create_task(Sequencer(dsn).run())
    try:
        async with the_hub(dsn, folder) as (agent, _):
            table.add_row(*await measure(agent, pid_of(agent), dsn, given))
        if not given.hub_only:
            async with AsyncExitStack() as stack:
                server, pid = await stack.enter_async_context(mercurius(dsn))
                table.add_row(*await measure(server, pid, dsn, given))
    finally:
        numbering.cancel()
    CONSOLE.print(table)


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30, help="length of the measurement")
    parser.add_argument("--subscribers", type=int, default=1_000, help="each on a WebSocket of his own")
    parser.add_argument("--rate", type=float, default=100, help="changes a second")
    parser.add_argument("--hub-only", action="store_true", help="without Node")
    given = parser.parse_args()
    if not given.hub_only:
        install_peers()
    with tempfile.TemporaryDirectory() as own, EmbeddedPostgres(Path(own) / "postgres") as postgres:
        asyncio.run(compare(postgres.libpq("postgres"), Path(own), given))


if __name__ == "__main__":
    main()
