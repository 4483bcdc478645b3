"""Requests per second of the hub beside other GraphQL servers, on one PostgreSQL and the same rows.

    make bench-graphql                                    all servers, three documents
    python -m benchmarks.graphql --seconds 5 --rounds 3   the same
    python -m benchmarks.graphql --only hub,mercurius     the hub, both mercurius and the bare statement, nobody else
    python -m benchmarks.graphql --growth                 the hub alone at 10,000, 100,000 and 1,000,000 customers
    python -m benchmarks.graphql --growth --keep FOLDER   the same, and the next run does not write them anew

Starts everything itself: a durable PostgreSQL, one process per server, wrk (Debian's package) with 16 connections. The
hub runs as in production, with tokens, limits, masking and the audit of reads; the others have none of these. It is
measured twice: with the answers that it keeps, and "made anew", as the first look at each customer. Every
server must give the same answers before it is measured. Rounds go through all servers in turn; medians are printed.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks.graphql.company import DOCUMENTS, FULL, PAGE, Document, fill
from benchmarks.graphql.equality import check
from benchmarks.graphql.growth import SIZES, grow
from benchmarks.graphql.load import Figures, measure
from benchmarks.graphql.servers import ON_NODE, Server, install_peers, is_wanted, peers, the_hub
from benchmarks.graphql.turning import pages_of
from hub.embedded.postgres import EmbeddedPostgres

CONSOLE = Console()
WARM_UP_S = 2


async def compare(dsn: str, folder: Path, seconds: float, rounds: int, only: Sequence[str]) -> None:
    """All servers in turn, once per round and document."""
    await fill(dsn, FULL)
    async with AsyncExitStack() as stack:
        others = await stack.enter_async_context(peers(dsn, only))
        ours = await stack.enter_async_context(the_hub(dsn, folder))
        anew = await stack.enter_async_context(the_hub(dsn, folder / "anew", kept_mb=0))
        servers = [*(server for server in (*ours, *anew) if is_wanted(server.name, only)), *others]
        await check(servers, others[0])
        for document in DOCUMENTS:
            asked = [server for server in servers if not (document is PAGE and server.own is not None)]
            found: dict[str, list[Figures]] = defaultdict(list)
            for server in asked:
                await measure(server, document, WARM_UP_S, folder)
            for _ in range(rounds):
                for server in asked:
                    found[server.name].append(await measure(server, document, seconds, folder))
            if document is PAGE:
                asked += await turned([*ours, *anew], folder, seconds, rounds, found)
            show(document, asked, found, others[0])


async def turned(
    ours: Sequence[Server], folder: Path, seconds: float, rounds: int, found: dict[str, list[Figures]]
) -> list[Server]:
    """The hub again, where every request is for another page; beside the same rounds of the bare statement."""
    rows = []
    for server in ours:
        if server.own is None and server.name in found:
            requests = await pages_of(server)
            row = replace(server, name=f"{server.name}, another page each time")
            found[row.name] = [await measure(server, PAGE, seconds, folder, requests=requests) for _ in range(rounds)]
            rows.append(row)
    return rows


def show(document: Document, asked: list[Server], found: dict[str, list[Figures]], floor: Server) -> None:
    """A table, the ratio to the bare statement in the same round first."""
    table = Table(
        "", "requests/s", "of the bare statement", "p50 ms", "p99 ms", title=f"{document.name}: {document.about}"
    )
    for server in asked:
        figures = found[server.name]
        ratios = [mine.per_second / bare.per_second for mine, bare in zip(figures, found[floor.name], strict=True)]
        table.add_row(
            server.name,
            f"{median(each.per_second for each in figures):,.0f}",
            f"{median(ratios):.2f}",
            f"{median(each.p50_ms for each in figures):.1f}",
            f"{median(each.p99_ms for each in figures):.1f}",
        )
    CONSOLE.print(table)


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each server and document")
    parser.add_argument("--only", default="", help="beginnings of names, with commas; the bare statement always runs")
    parser.add_argument("--growth", action="store_true", help="the hub alone, with ever more customers")
    parser.add_argument("--customers", type=int, nargs="+", default=SIZES, help="how many, where they grow")
    parser.add_argument("--keep", type=Path, help="a folder for these databases (3 GB), to be used again")
    given = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is needed as the load generator: apt-get install wrk")
    only = [name.strip() for name in given.only.split(",") if name.strip()]
    with tempfile.TemporaryDirectory() as own:
        folder = Path(own)
        if given.growth:
            grow(given.keep or folder, folder, given.customers, given.seconds, given.rounds)
            return
        if any(is_wanted(name, only) for name in ON_NODE):
            install_peers()
        (folder / "anew").mkdir()
        with EmbeddedPostgres(folder / "postgres") as postgres:
            asyncio.run(compare(postgres.libpq("postgres"), folder, given.seconds, given.rounds, only))


if __name__ == "__main__":
    main()
