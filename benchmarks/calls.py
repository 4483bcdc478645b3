"""What it costs a call to pass the gate of its system, beside the fastest call there could be.

    python -m benchmarks.calls [--calls 2000] [--rounds 5]

Runs on an embedded PostgreSQL of its own. `bare` is an HTTP request over a kept connection to a server in the same
process that answers at once; a real package takes 10 to 1000 times as long. `leased` passes the gate as the hub does,
with calls granted several at a time; `singly` asks the database for each call, as the first call of each second does.
`gate alone` is `leased` with a call that does nothing. `two engines` is `leased` from two connection pools at once, as
two processes would.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import httpx2

from hub.clock import utc_now
from hub.embedded.postgres import EmbeddedPostgres
from hub.exchange.budget import Budget
from hub.flows.gate import Gate
from hub.settings.systems import Limits
from hub.store.engine import Database, open_engine
from hub.work.urgency import Urgency
from migrations.migrate import upgrade

LIMITS = Limits(requests_per_minute=1_000_000)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

Call = Callable[[], Awaitable[object]]


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer every request on the connection."""
    with suppress(asyncio.IncompleteReadError):  # the client is through
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(ANSWER)
            await writer.drain()
    writer.close()


async def nothing() -> None:
    """A call that costs nothing."""


async def each_us(call: Call, calls: int) -> float:
    """Microseconds per call, one after the other."""
    began = time.perf_counter()
    for _ in range(calls):
        await call()
    return (time.perf_counter() - began) / calls * 1e6


async def both_us(first: Call, second: Call, calls: int) -> float:
    """Microseconds per call when two callers share them."""
    began = time.perf_counter()
    await asyncio.gather(each_us(first, calls // 2), each_us(second, calls // 2))
    return (time.perf_counter() - began) / calls * 1e6


async def measure(dsn: str, calls: int, rounds: int) -> dict[str, list[float]]:
    """Microseconds per call by way, a figure a round; the ways take turns within a round."""
    engines = [open_engine(dsn), open_engine(dsn)]
    await upgrade(engines[0])
    databases = [Database(engine) for engine in engines]
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    budget = Budget("singly", LIMITS, databases[0])
    gates = [Gate("leased", LIMITS, database, utc_now) for database in databases]
    figures: dict[str, list[float]] = {}
    async with httpx2.AsyncClient() as client:
        bare: Call = partial(client.get, url)

        async def singly() -> None:
            await budget.spend(1, Urgency.REALTIME, utc_now())
            await bare()

        leased = [partial(gate.through, bare) for gate in gates]
        for _ in range(rounds):
            figures.setdefault("bare", []).append(await each_us(bare, calls))
            figures.setdefault("leased", []).append(await each_us(leased[0], calls))
            figures.setdefault("singly", []).append(await each_us(singly, calls))
            figures.setdefault("gate alone", []).append(await each_us(partial(gates[0].through, nothing), calls))
            figures.setdefault("bare, two at once", []).append(await both_us(bare, bare, calls))
            figures.setdefault("leased, two engines", []).append(await both_us(leased[0], leased[1], calls))
    server.close()
    for database in databases:
        await database.aclose()
    return figures


def main() -> None:
    """Measure and print medians and ratios to the bare call of the same round."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder) / "postgres") as postgres:
        figures = asyncio.run(measure(postgres.libpq("postgres"), given.calls, given.rounds))
    print(f"{given.calls} calls, {given.rounds} rounds, medians")
    for way, found in figures.items():
        beside = figures["bare, two at once" if "two" in way else "bare"]
        ratio = statistics.median(mine / bare for mine, bare in zip(found, beside, strict=True))
        print(f"{way:<22} {statistics.median(found):8.0f} us a call   {ratio:5.2f} x bare")


if __name__ == "__main__":
    main()
