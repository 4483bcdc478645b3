"""Where the time of a read goes: requests per second, and the processor's time in the web process and in PostgreSQL.

    python -m benchmarks.reads [--seconds 5] [--rounds 3] [--only kept,told]

Five servers on one PostgreSQL and the same rows, each a process of its own, asked by wrk over 16 connections:
`kept` is `hub serve` as in production, asked by an agent, with tokens, limits, masking and the audit of reads;
`told` is the same where each request tells a purpose and a session, which the audit looks up;
`statements` is the same with HUB_KEPT_ANSWERS_MB=0, `resolvers` with HUB_COMPILED_READS=false as well; `bare` is a
Starlette endpoint that sends the bytes of one statement written by hand, with none of these. The processor's time says
what requests per second do not on a machine that is busy with other things. `make bench-graphql` compares with other
servers.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final
from uuid import NAMESPACE_OID, uuid5

import asyncpg
from rich.console import Console
from rich.table import Table

from benchmarks.graphql.company import DOCUMENTS, FULL, Document, fill
from benchmarks.graphql.load import Figures, measure
from benchmarks.graphql.servers import Server, the_hub
from hub.embedded.postgres import EmbeddedPostgres

CONSOLE = Console()
TICK_US = 1_000_000 / os.sysconf("SC_CLK_TCK")
WARM_UP_S = 2

_SESSION: Final = """
INSERT INTO customer_session (id, contact_id, channel, direction, phase, state, level, agent, started_at, active_at)
VALUES ($1, 'C-BENCH', 'call-centre', 'INBOUND', 'DIALOG', 'ACTIVE', 'ANONYMOUS', 'agent-7', now(), now())
ON CONFLICT DO NOTHING"""


@dataclass(frozen=True)
class Spent:
    """One measurement with the microseconds of processor time per request."""

    figures: Figures
    web_us: float
    postgres_us: float


def processes_below(pid: int) -> Iterator[tuple[str, float]]:
    """Command line and microseconds of processor time of everything that runs below a process."""
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        try:
            fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
            yield Path(f"/proc/{child}/cmdline").read_text(), (int(fields[11]) + int(fields[12])) * TICK_US
            yield from processes_below(int(child))
        except (FileNotFoundError, ProcessLookupError):  # it has just ended
            continue


def spent(what: str) -> float:
    """Of the processes below this one whose command line has these words in it."""
    return sum(time_us for command, time_us in processes_below(os.getpid()) if what in command)


async def measure_spent(server: Server, web: str, document: Document, seconds: float, folder: Path) -> Spent:
    """Only one server is asked at a time, so what PostgreSQL does is done for it."""
    before = spent(web), spent("postgres")
    figures = await measure(server, document, seconds, folder)
    requests = figures.per_second * seconds
    return Spent(figures, (spent(web) - before[0]) / requests, (spent("postgres") - before[1]) / requests)


@asynccontextmanager
async def bare(dsn: str) -> AsyncIterator[Server]:
    """The floor."""
    command = [sys.executable, "-m", "benchmarks.graphql.bare", dsn]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    try:
        if process.stdout is None:
            raise AssertionError("stdout is a pipe")
        address = (await process.stdout.readline()).decode().strip()
        yield Server("bare", f"{address}/graphql")
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def hub(dsn: str, folder: Path, *, kept: bool = False, compiled: bool = True) -> AsyncIterator[Server]:
    """The hub with or without statements and what they made before, asked by an agent."""
    os.environ["HUB_COMPILED_READS"] = str(compiled).lower()
    async with the_hub(dsn, folder, 64 if kept else 0) as (agent, _):
        yield agent


@asynccontextmanager
async def told(dsn: str, folder: Path) -> AsyncIterator[Server]:
    """As `kept`, asked with a purpose and within a session of the agent's own, whoever is on the line."""
    session = uuid5(NAMESPACE_OID, "the agent's session")
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(_SESSION, session)
    finally:
        await connection.close()
    async with hub(dsn, folder, kept=True) as agent:
        named = b64encode(f"CustomerSession:{session}".encode()).decode()
        yield replace(agent, purpose="complaint", session=named)


SERVERS: Final[Mapping[str, Callable[[str, Path], AbstractAsyncContextManager[Server]]]] = {
    "bare": lambda dsn, _: bare(dsn),
    "kept": partial(hub, kept=True),
    "told": told,
    "statements": hub,
    "resolvers": partial(hub, compiled=False),
}
"""In the order in which a round starts them."""


async def compare(dsn: str, folder: Path, seconds: float, rounds: int, only: Sequence[str]) -> None:
    """One server runs at a time; each round starts all of them anew."""
    await fill(dsn, FULL)
    found: dict[tuple[str, str], list[Spent]] = {}
    for _ in range(rounds):
        for name in only:
            web = "benchmarks.graphql.bare" if name == "bare" else "hub.entrypoints.cli"
            async with SERVERS[name](dsn, folder) as server:
                for document in DOCUMENTS:
                    await measure(server, document, WARM_UP_S, folder)
                    spent_now = await measure_spent(server, web, document, seconds, folder)
                    found.setdefault((document.name, name), []).append(spent_now)
    for document in DOCUMENTS:
        show(document, {name: found[document.name, name] for name in only})


def show(document: Document, found: Mapping[str, list[Spent]]) -> None:
    """Medians, and the ratio to the first server of the same round."""
    first = next(iter(found))
    columns = ("", "requests/s", f"of {first}", "p50 ms", "p99 ms", "web us", "PostgreSQL us")
    table = Table(*columns, title=f"{document.name}: {document.about}")
    for name, runs in found.items():
        pairs = zip(runs, found[first], strict=True)
        table.add_row(
            name,
            f"{median(run.figures.per_second for run in runs):,.0f}",
            f"{median(run.figures.per_second / floor.figures.per_second for run, floor in pairs):.2f}",
            f"{median(run.figures.p50_ms for run in runs):.1f}",
            f"{median(run.figures.p99_ms for run in runs):.1f}",
            f"{median(run.web_us for run in runs):,.0f}",
            f"{median(run.postgres_us for run in runs):,.0f}",
        )
    CONSOLE.print(table)


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each server and document")
    parser.add_argument("--only", default=",".join(SERVERS), help="servers, by commas; the first is what others are of")
    given = parser.parse_args()
    only = given.only.split(",")
    if strangers := [name for name in only if name not in SERVERS]:
        parser.error(f"there is no server {strangers[0]!r}; there are {', '.join(SERVERS)}")
    with tempfile.TemporaryDirectory() as own, EmbeddedPostgres(Path(own) / "postgres") as postgres:
        asyncio.run(compare(postgres.libpq("postgres"), Path(own), given.seconds, given.rounds, only))


if __name__ == "__main__":
    main()
