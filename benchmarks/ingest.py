"""Take 50,000 records of a REST API into PostgreSQL, beside dlt on the same API and the same server, in one run.

    python -m benchmarks.ingest [--records 50000] [--rounds 3]

The API (examples/customer_api) is a process of its own; both read its whole list in pages of 1,000. dlt merges the rows
into a table by their id. The hub maps and checks them, keeps every version encrypted, recognises customers, writes
golden records with their provenance, and feeds subscribers. `full` is the first load, `changed` the next with one
record in a hundred changed, `same` one without a change. Beside the time stands the CPU that each needed, which other
work on the machine moves less (dlt's with its imports). dlt is installed into .hub/bench/dlt at the first start.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx2
from rich.console import Console

from benchmarks.usage import cpu_s, family_cpu_s
from examples.customer_api.app import TABLE
from hub.clock import utc_now
from hub.embedded.postgres import EmbeddedPostgres
from hub.embedded.ready import free_port
from hub.entrypoints.allocator import give_large_blocks_back
from hub.entrypoints.collector import spare_the_collector
from hub.entrypoints.declaring import declare
from hub.entrypoints.installation import Installation, migrate, read_configuration
from hub.entrypoints.wiring import engine_room
from hub.flows.run_lane import run_lane
from hub.flows.start_run import start_run
from hub.records.identity import FlowName
from hub.settings.environment import Settings

ROOT = Path(__file__).parents[1]
DLT = ROOT / ".hub" / "bench" / "dlt"
PHASES = ("full", "changed", "same")
CONSOLE = Console(stderr=True)

CONFIGURATION = """
company: Benchmark
systems:
  shop:
    adapter: rest
    roles: [CRM]
    limits: {requests_per_minute: 1000000}
    options:
      url: "http://127.0.0.1:${API_PORT}"
      entities:
        customer:
          list: /customers
          records: customers
          stamp: changed_at
          page_rows: 1000
          paging: {by: link, size_param: size}
    mappings: {customer: MAPPING}
flows:
  shop-customers:
    business_flow: 2
    entity: customer
    source: shop
    lanes: [{cadence: DAILY, mode: AUTHORITATIVE, cron: "0 3 * * *", page_size: 1000}]
"""


def fill(file: Path, records: int) -> None:
    """The API's table with that many customers, each with an e-mail, a phone and an address."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DROP TABLE IF EXISTS customer")
        connection.execute(TABLE)
        connection.executemany(
            "INSERT INTO customer VALUES (?, ?, ?, ?, ?, ?)",
            (
                (n, f"Customer {n}", f"c{n}@example.invalid", f"+316{n:08d}", "Utrecht", "2026-01-01T00:00:00+00:00")
                for n in range(1, records + 1)
            ),
        )


def change_one_in_a_hundred(file: Path) -> None:
    """New names with a new stamp."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            "UPDATE customer SET full_name = full_name || ' changed', changed_at = '2026-02-01T00:00:00+00:00' "
            "WHERE id % 100 = 0"
        )


@contextmanager
def api(file: Path) -> Iterator[int]:
    """The API as a process of its own; gives its port."""
    port = free_port(0) or 0
    process = subprocess.Popen([sys.executable, "-m", "examples.customer_api", str(file), "--port", str(port)])
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                httpx2.get(f"http://127.0.0.1:{port}/customers?size=1").raise_for_status()
                break
            except httpx2.TransportError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


class Hub:
    """An installation on a fresh database that pulls through `run_lane`, as a worker does."""

    def __init__(self, folder: Path, dsn: str, port: int) -> None:
        mapping = ROOT / "examples" / "customer_api" / "mappings" / "customer.yaml"
        file = folder / "hub.yaml"
        file.write_text(CONFIGURATION.replace("MAPPING", str(mapping)), encoding="utf-8")
        os.environ["API_PORT"] = str(port)
        settings = Settings(config=file, data_dir=folder)
        configuration, adapters = read_configuration(settings)
        self._hub = Installation(settings, configuration, adapters, dsn)

    async def prepare(self) -> None:
        """Migrated and declared; not part of the time."""
        await migrate(self._hub.database_url)
        database = self._hub.open_database()
        await declare(self._hub, database)
        await database.aclose()

    async def load(self) -> float:
        """Seconds of one run."""
        database = self._hub.open_database()
        room = engine_room(self._hub.configuration, self._hub.adapters, database, self._hub.keys(), utc_now)
        try:
            began = time.perf_counter()
            async with database.transaction() as connection:
                run_id = await start_run(connection, FlowName("shop-customers"), utc_now())
            counters = await run_lane(room, run_id)
            took = time.perf_counter() - began
        finally:
            await room.systems.aclose()
            await database.aclose()
        CONSOLE.print(f"  hub {took:6.1f} s  {dict(counters)}")
        return took


def dlt_load(folder: Path, dsn: str, port: int) -> float:
    """Seconds of one pipeline run, measured inside its process, without its imports."""
    done = subprocess.run(
        [str(DLT / "bin" / "python"), str(ROOT / "benchmarks" / "dlt_pipeline.py"), str(port), dsn],
        env={**os.environ, "DLT_DATA_DIR": str(folder / "dlt"), "RUNTIME__DLTHUB_TELEMETRY": "false"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    took = float(done.stdout.splitlines()[-1])
    CONSOLE.print(f"  dlt {took:6.1f} s")
    return took


def install_dlt() -> None:
    """Into an environment of its own, once."""
    if (DLT / "bin" / "python").exists():
        return
    CONSOLE.print("Installing dlt into .hub/bench/dlt ...")
    subprocess.run([sys.executable, "-m", "venv", str(DLT)], check=True)
    subprocess.run(
        [str(DLT / "bin" / "python"), "-m", "pip", "install", "--quiet", "dlt[postgres]==1.31.0"], check=True
    )


class Took(NamedTuple):
    """Seconds on the clock, and of CPU: of the program with its children, and of PostgreSQL."""

    wall: float
    program: float
    postgres: float


async def one_round(postgres: EmbeddedPostgres, folder: Path, records: int) -> dict[tuple[str, str], Took]:
    """By (program, phase); the two take turns, so that both meet the same machine."""

    async def measured(load: Awaitable[float]) -> Took:
        program, server = cpu_s(os.getpid()), family_cpu_s(postgres.pid)
        wall = await load
        return Took(wall, cpu_s(os.getpid()) - program, family_cpu_s(postgres.pid) - server)

    file = folder / "customers.sqlite"
    fill(file, records)
    for name in ("bench_hub", "bench_dlt"):
        postgres.drop_database(name)
        postgres.create_database(name)
    took: dict[tuple[str, str], Took] = {}
    with api(file) as port, tempfile.TemporaryDirectory() as own:
        hub = Hub(Path(own), postgres.libpq("bench_hub"), port)
        await hub.prepare()
        give_large_blocks_back()
        spare_the_collector()  # as a worker does once it is up
        for phase in PHASES:
            if phase == "changed":
                change_one_in_a_hundred(file)
            CONSOLE.print(phase)
            took["hub", phase] = await measured(hub.load())
            dsn = postgres.tcp("bench_dlt")
            took["dlt", phase] = await measured(asyncio.to_thread(dlt_load, Path(own), dsn, port))
    return took


async def main() -> None:
    """Print the medians and how many times dlt's time the hub takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    install_dlt()
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder) / "postgres", tcp_port=0) as postgres:
        rounds = [await one_round(postgres, Path(folder), options.records) for _ in range(options.rounds)]
    print(f"{options.records:,} records of a REST API, median of {options.rounds} rounds")
    for phase in PHASES:
        hub = statistics.median(r["hub", phase].wall for r in rounds)
        dlt = statistics.median(r["dlt", phase].wall for r in rounds)
        print(
            f"{phase:>8}: hub {hub:6.1f} s ({options.records / hub:>7,.0f}/s), dlt {dlt:6.1f} s, {hub / dlt:.2f} of dlt"
        )
        for name in ("hub", "dlt"):
            program = statistics.median(r[name, phase].program for r in rounds)
            server = statistics.median(r[name, phase].postgres for r in rounds)
            print(f"          CPU of {name}: {program:.1f} s and {server:.1f} s of PostgreSQL")


if __name__ == "__main__":
    asyncio.run(main())
