"""How the median of the hub's answers grows with the number of customers."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.graphql.company import ASKED, DOCUMENTS, FOLDER, FULL, Document, fill
from benchmarks.graphql.load import measure
from benchmarks.graphql.servers import Server, the_hub
from hub.embedded.postgres import EmbeddedPostgres
from hub.store.engine import open_engine
from migrations.migrate import upgrade

SIZES: Final = (10_000, 100_000, 1_000_000)
SHARED_BUFFERS_MB: Final = 1024
"""As a small server would be set, the same for all sizes."""
WARM_UP_S: Final = 2
WARM_UPS_MAX: Final = 10
WAYS: Final = {"an agent, made anew": 0, "an agent": 64}
"""What is measured, with the megabytes of answers that the hub keeps for it."""

Medians = dict[tuple[str, str, int], list[float]]
"""Milliseconds of each round by way, document and number of customers."""


def grow(kept: Path, folder: Path, sizes: Sequence[int], seconds: float, rounds: int) -> None:
    """All customers are written before any is measured; `kept` holds the databases, `folder` what is passing."""
    if any(size % FULL for size in sizes):
        raise SystemExit(f"--customers takes multiples of {FULL:,}")
    write(kept, sizes)
    found: Medians = defaultdict(list)
    with EmbeddedPostgres(kept / "postgres", shared_buffers_mb=SHARED_BUFFERS_MB) as postgres:
        for _ in range(rounds):
            for size in sizes:
                asyncio.run(ask(postgres.libpq(database_of(size)), folder, size, seconds, found))
    show(found, sizes)


def database_of(size: int) -> str:
    """Named by what it holds: rows of an earlier run are used again only if they would be written the same."""
    rows = sha256((FOLDER / "company.sql").read_bytes()).hexdigest()[:8]
    return f"customers_{size}_{rows}"


def write(kept: Path, sizes: Sequence[int]) -> None:
    """The databases that are not there yet, by a server that does not wait for the disk."""
    kept.mkdir(parents=True, exist_ok=True)
    with EmbeddedPostgres(kept / "postgres", durable=False, shared_buffers_mb=SHARED_BUFFERS_MB) as postgres:
        for size in sizes:
            name, began = database_of(size), time.perf_counter()
            finished = kept / f"{name}.finished"
            if finished.exists():
                asyncio.run(_upgrade(postgres.libpq(name)))
                continue
            postgres.drop_database(name)
            postgres.create_database(name)
            asyncio.run(fill(postgres.libpq(name), size))
            finished.touch()
            print(f"{size:,} customers written in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    os.sync()


async def _upgrade(dsn: str) -> None:
    engine = open_engine(dsn)
    await upgrade(engine)
    await engine.dispose()


async def ask(dsn: str, folder: Path, size: int, seconds: float, found: Medians) -> None:
    """One round of one size: a hub of its own for each way."""
    for way, kept_mb in WAYS.items():
        async with the_hub(dsn, folder, kept_mb) as (agent, _own):
            for document in DOCUMENTS:
                await warm_up(agent, document, folder, size)
                figures = await measure(agent, document, seconds, folder, size)
                found[way, document.name, size].append(figures.p50_ms)


async def warm_up(agent: Server, document: Document, folder: Path, size: int) -> None:
    """Until one turn gets through all that are asked for: what came from the disk is in memory then, at any size."""
    for _ in range(WARM_UPS_MAX):
        figures = await measure(agent, document, WARM_UP_S, folder, size)
        if figures.per_second * WARM_UP_S >= ASKED:
            return
    print(f"{document.name} at {size:,} is measured before it is warm", file=sys.stderr, flush=True)


def show(found: Medians, sizes: Sequence[int]) -> None:
    """Medians over the rounds, and of the ratio to the smallest size of the same round."""
    for way in WAYS:
        table = Table("customers", *(f"{document.name}, p50 ms" for document in DOCUMENTS), title=f"hub, {way}")
        for size in sizes:
            cells = []
            for document in DOCUMENTS:
                here, least = found[way, document.name, size], found[way, document.name, sizes[0]]
                ratio = median(mine / theirs for mine, theirs in zip(here, least, strict=True))
                cells.append(f"{median(here):.2f} ({ratio:.2f})")
            table.add_row(f"{size:,}", *cells)
        Console().print(table)
