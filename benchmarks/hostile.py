"""How others are served while hostile clients are at a web process, and after they have left.

    python -m benchmarks.hostile                 3,000 requests idle, under attack and afterwards
    python -m benchmarks.hostile --requests 300  a first look

The hub is one `hub serve` as in production. Idle, ordinary requests come one after the other. Under attack 200 silent
sockets, 50 slow heads and 50 slow bodies are open, one client sends each document of tests/hostile every two seconds,
one good documents that were never seen, four a second, every fifth padded to the longest that is read, one variables
of the largest size, a megabyte a second, and one floods WebSockets. p99 is told as a ratio to idle, so the speed of the
machine falls out of it. Ends with status 1 when the p99 under attack is more than twice that of idle, or the process
grew by more than GREW_MB.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import tempfile
from contextlib import AsyncExitStack
from itertools import count, cycle
from pathlib import Path
from statistics import median
from typing import Final

from rich.console import Console
from rich.table import Table
from websockets.exceptions import WebSocketException

from hub.embedded.postgres import EmbeddedPostgres
from hub.store.engine import open_engine
from migrations.migrate import upgrade
from tests.hostile.documents import DOCUMENTS, another, another_long, huge_variables
from tests.hostile.server import Hub, hub_process, p99
from tests.schema.following import acknowledged

CONSOLE: Final = Console()
EVERY_S: Final = 2.0
SETTLED_S: Final = 25.0
"""By then the caches are full, and what a caller may take of the process at once is taken."""

WORST: Final = 2.0
"""p99 under attack to p99 idle."""

GREW_MB: Final = 150
"""From idle to the most under attack or afterwards: caches that are bounded, and the allocator's slack."""


async def send_documents(hub: Hub) -> None:
    """All of them in turn, each once in EVERY_S, and each time another text: nothing is known of it yet."""
    for number, document in enumerate(cycle(DOCUMENTS.values())):
        await hub.ask(f"# {number}\n{document}")
        await asyncio.sleep(EVERY_S / len(DOCUMENTS))


async def churn_documents(hub: Hub) -> None:
    """Valid ones that take the places of others in every cache."""
    for number in count():
        await hub.ask(another_long(number) if number % 5 == 0 else another(number))
        await asyncio.sleep(0.25)


async def send_variables(hub: Hub) -> None:
    """As large as they may be."""
    for number in count():
        await hub.ask(*huge_variables(number))
        await asyncio.sleep(1)


async def flood_sockets(hub: Hub) -> None:
    """As fast as the server lets one socket, then the next. A socket cut off just then hides that it is to end."""
    attack = asyncio.current_task()
    while attack is not None and not attack.cancelling():
        with contextlib.suppress(WebSocketException, OSError):
            async with acknowledged(hub.address, hub.token) as client:
                while True:
                    await client.say(type="ping")
                    await asyncio.sleep(0.002)


async def keep_waiting(hub: Hub, stack: AsyncExitStack) -> None:
    """Connections that say nothing, or too little, opened anew as they are cut off."""
    while True:
        for said in (b"", b"", b"", b"", b"POST /graphql HTTP/1.1\r\nx-slow: ", _begun(hub)):
            for _ in range(50):
                _, writer = await asyncio.open_connection("127.0.0.1", hub.port)
                stack.callback(writer.close)
                writer.write(said)
        await asyncio.sleep(12)


def _begun(hub: Hub) -> bytes:
    head = f"host: {hub.address}\r\nauthorization: Bearer {hub.token}\r\ncontent-type: application/json"
    return f"POST /graphql HTTP/1.1\r\n{head}\r\ncontent-length: 1000\r\n\r\n{{".encode()


async def attacked(hub: Hub, requests: int) -> list[float]:
    """Latencies of ordinary requests beside all of it."""
    async with AsyncExitStack() as stack:
        attacks = [
            asyncio.create_task(attack)
            for attack in (
                send_documents(hub),
                churn_documents(hub),
                send_variables(hub),
                flood_sockets(hub),
                keep_waiting(hub, stack),
            )
        ]
        try:
            await asyncio.sleep(SETTLED_S)
            return await hub.latencies_ms(requests)
        finally:
            for attack in attacks:
                attack.cancel()
            await asyncio.gather(*attacks, return_exceptions=True)


async def measure(dsn: str, folder: Path, requests: int) -> tuple[float, float]:
    """Three lines of a table; the ratio of the one under attack, and by how many MB the process grew."""
    engine = open_engine(dsn)
    await upgrade(engine)
    await engine.dispose()
    table = Table("", "p50 ms", "p99 ms", "p99 to idle", "MB")
    async with hub_process(dsn, folder) as hub:
        await hub.latencies_ms(requests)
        idle = await hub.latencies_ms(requests)
        rows = [("idle", idle, hub.memory_mb())]
        rows.append(("under attack", await attacked(hub, requests), hub.memory_mb()))
        await asyncio.sleep(2)
        rows.append(("afterwards", await hub.latencies_ms(requests), hub.memory_mb()))
    for name, found, memory in rows:
        table.add_row(
            name, f"{median(found):.1f}", f"{p99(found):.1f}", f"{p99(found) / p99(idle):.2f}", f"{memory:.0f}"
        )
    CONSOLE.print(table)
    return p99(rows[1][1]) / p99(idle), max(memory for *_, memory in rows) - rows[0][2]


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=3_000, help="of each of the three")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as own, EmbeddedPostgres(Path(own) / "postgres") as postgres:
        ratio, grew_mb = asyncio.run(measure(postgres.libpq("postgres"), Path(own), given.requests))
    if ratio > WORST or grew_mb > GREW_MB:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
