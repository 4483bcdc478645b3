"""Memory of a worker over a run, as it takes events and weekly files in: MiB at intervals, and whether it grows.

    python -m benchmarks.memory [--minutes 10]

One worker process does all work. Webhooks come at 10 a second, and one weekly file of 5,000 customers after the other,
a tenth of them changed in each. The verdict is over the second half, as the first fills caches: growth an hour with a
95 % confidence interval; `flat` when it is below 5 % of the level for sure, `undecided` when the run was too short.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx2

from adapters.files.export import write_export
from adapters.files.options import FileFormat
from benchmarks.latency import HUB_YAML, PEOPLE, REDIS, RUN, SECRET, Client, backfill_run
from benchmarks.processes import Installed, installed
from benchmarks.trend import SAMPLES_MIN, trend
from benchmarks.usage import rss_mib
from hub.records.identity import Entity
from hub.records.source import JsonObject
from hub.work.tables import Queue

RATE = 10
CUSTOMERS = 5000


def weekly(number: int) -> Iterator[JsonObject]:
    """The customers of one week; another tenth has a new name in each."""
    for n in range(CUSTOMERS):
        media = [{"id": "1", "kind": "EMAIL", "value": f"archived{n}@example.com"}]
        yield {"id": str(n), "name": f"Archived {n} in week {number if n % 10 == number % 10 else 0}", "media": media}


@dataclass
class Done:
    """What was taken in meanwhile, so that nobody takes an idle worker for a frugal one."""

    files: int = 0
    events: int = 0


async def load_files(company: Installed, client: Client, done: Done) -> None:
    """One weekly file after the other."""
    number = 0
    while True:
        now = datetime.now(UTC)
        write_export(company.folder / "drop", Entity.CUSTOMER, weekly(number), now, now, FileFormat.JSONL)
        await client.ask(RUN)
        await loaded(company)
        number += 1
        done.files += 1


async def loaded(company: Installed) -> None:
    """Returns when the last run has ended."""
    while (await backfill_run(company))[0] not in ("COMPLETED", "FAILED"):  # noqa: ASYNC110  another process ends it
        await asyncio.sleep(0.5)


async def push_events(client: Client, done: Done) -> None:
    """At RATE, or as fast as they are taken."""
    revision = 0
    while True:
        revision += 1
        await asyncio.gather(client.push(revision % PEOPLE, revision), asyncio.sleep(1 / RATE))
        done.events += 1


async def watched(
    company: Installed, address: str, pid: int, minutes: float, every_s: float
) -> list[tuple[float, float]]:
    """Minutes since the start and MiB then, printed as they are taken."""
    samples, done = [], Done()
    async with httpx2.AsyncClient(base_url=f"http://{address}", timeout=120) as http:
        client = Client(company, address, http)
        await client.introduce()
        loads = [asyncio.create_task(load_files(company, client, done)), asyncio.create_task(push_events(client, done))]
        began = time.monotonic()
        while (passed := (time.monotonic() - began) / 60) < minutes:
            for load in loads:
                if load.done():
                    load.result()
            samples.append((passed, rss_mib(pid)))
            print(f"{passed:6.1f} min {samples[-1][1]:8.1f} MiB", flush=True)
            await asyncio.sleep(every_s)
        for load in loads:
            load.cancel()
        await asyncio.gather(*loads, return_exceptions=True)
    print(f"meanwhile {done.events:,} events and {done.files:,} files of {CUSTOMERS:,}")
    return samples


def main() -> None:
    """Watch a worker and print the slope."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two looks")
    parser.add_argument("--broker", default=REDIS, help="redis://... or amqp://...; only own queues are touched")
    options = parser.parse_args()
    needed = 2.2 * SAMPLES_MIN * options.every / 60
    if options.minutes < needed:
        parser.error(f"half of the run gives too few looks for a trend: take --minutes {needed:g} or a shorter --every")
    with ExitStack() as stack:
        company = stack.enter_context(installed(HUB_YAML, options.broker, WEBHOOK_SECRET=SECRET))
        address = stack.enter_context(company.web())
        worker = stack.enter_context(company.worker(*Queue))
        samples = asyncio.run(watched(company, address, worker.pid, options.minutes, options.every))
    late = samples[len(samples) // 2 :]
    print(f"second half: {trend(late)}")


if __name__ == "__main__":
    main()
