"""How others are served while hostile clients are at a web process, and after they have left.

    python -m benchmarks.hostile                            five rounds of 2,000 requests each way
    python -m benchmarks.hostile --requests 300 --rounds 1  a first look
    python -m benchmarks.hostile --only "huge variables"    what one kind does by itself

The hub is one `hub serve` as in production. Ordinary requests come one after the other, in rounds: idle, idle again,
under attack, and afterwards. The hostile clients are a process of their own (`benchmarks/hostile_clients.py`): 350
connections that say too little, each document of tests/hostile every two seconds with a text of its own, ten good
documents a second that were never seen, every fifth padded to the longest that is read, two megabytes of variables a
second, and a flood over WebSockets. p99 is told as a ratio to idle of the same round, so the speed of the machine falls
out of it; "idle again" says what the ratio is worth where nothing happened in between, and the server's processor time
for a request whether anything of the attack lasts. Ends with status 1 when the median of the rounds under attack is
more than twice idle, or the process grew by more than GREW_MB.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.hostile_clients import SUBJECTS, Found, attack
from benchmarks.usage import cpu_s
from hub.embedded.postgres import EmbeddedPostgres
from hub.store.engine import open_engine
from migrations.migrate import upgrade
from tests.hostile.server import Hub, bearer_of, hub_process, p99

CONSOLE: Final = Console(width=140)
SETTLED_S: Final = 25.0
"""By then the caches are full, and what a caller may take of the process at once is taken."""

AT_WORK_S: Final = 3.0
"""The later attacks find the caches full."""

WORST: Final = 2.0
"""p99 under attack to p99 idle."""

GREW_MB: Final = 150
"""From idle to the most under attack or afterwards: caches that are bounded, and the allocator's slack."""

BEFORE, IDLE, AGAIN, ATTACKED, AFTERWARDS = "before any attack", "idle", "idle again", "under attack", "afterwards"


@dataclass(frozen=True)
class Measured:
    """One stretch of ordinary requests; the server's processor time in ms for each."""

    p50: float
    p99: float
    processor_ms: float
    memory_mb: float


async def measured(hub: Hub, requests: int) -> Measured:
    """Ordinary requests, one after the other."""
    before = cpu_s(hub.pid)
    found = await hub.latencies_ms(requests)
    spent_ms = (cpu_s(hub.pid) - before) * 1000 / requests
    return Measured(median(found), p99(found), spent_ms, hub.memory_mb())


@asynccontextmanager
async def attacked(hub: Hub, met: Found, at_work_s: float, only: Sequence[str]) -> AsyncIterator[None]:
    """Hostile clients are at work inside the block; `met` is what they found."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    bearers = [bearer_of(subject) for subject in SUBJECTS]
    clients = context.Process(target=attack, args=(hub.port, hub.pid, bearers, only, theirs), daemon=True)
    clients.start()
    await asyncio.to_thread(ours.recv)
    try:
        await asyncio.sleep(at_work_s)
        yield
    finally:
        clients.terminate()
        told: Found = await asyncio.to_thread(ours.recv)
        await asyncio.to_thread(clients.join)
        for kind, ends in told.items():
            met.setdefault(kind, Counter()).update(ends)


async def measure(
    dsn: str, folder: Path, requests: int, rounds: int, only: Sequence[str]
) -> tuple[dict[str, list[Measured]], Found]:
    """What was measured in each round, and what the hostile clients met."""
    engine = open_engine(dsn)
    await upgrade(engine)
    await engine.dispose()
    found: dict[str, list[Measured]] = {BEFORE: [], IDLE: [], AGAIN: [], ATTACKED: [], AFTERWARDS: []}
    met: Found = {}
    async with hub_process(dsn, folder) as hub:
        await measured(hub, requests)
        found[BEFORE] = [await measured(hub, requests) for _ in range(rounds)]
        async with attacked(hub, met, SETTLED_S, only):
            pass
        for _ in range(rounds):
            await asyncio.sleep(2)
            found[IDLE].append(await measured(hub, requests))
            found[AGAIN].append(await measured(hub, requests))
            async with attacked(hub, met, AT_WORK_S, only):
                found[ATTACKED].append(await measured(hub, requests))
            await asyncio.sleep(2)
            found[AFTERWARDS].append(await measured(hub, requests))
    return found, met


def _ratios(found: dict[str, list[Measured]], name: str) -> list[float]:
    """p99 to idle, round by round."""
    return [each.p99 / idle.p99 for each, idle in zip(found[name], found[IDLE], strict=True)]


def tell(found: dict[str, list[Measured]], met: Found) -> None:
    """Two tables: how others were served, and what each kind of hostile client met."""
    table = Table("medians of the rounds", "p50 ms", "p99 ms", "p99 to idle (least, most)", "processor ms", "MB, most")
    for name, rounds in found.items():
        ratios = _ratios(found, name)
        told = f"{median(ratios):.2f} ({min(ratios):.2f}, {max(ratios):.2f})"
        spent = "" if name == ATTACKED else f"{median(each.processor_ms for each in rounds):.3f}"
        ways = [f"{median(each.p50 for each in rounds):.1f}", f"{median(each.p99 for each in rounds):.1f}"]
        table.add_row(name, *ways, told, spent, f"{max(each.memory_mb for each in rounds):.0f}")
    CONSOLE.print(table)
    kinds = Table("hostile clients", "what they met")
    for kind, ends in met.items():
        kinds.add_row(kind, ", ".join(f"{end} {number}" for end, number in ends.most_common()))
    CONSOLE.print(kinds)


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=2_000, help="of each way in each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", action="append", default=[], help="a kind of hostile client; may be repeated")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as own, EmbeddedPostgres(Path(own) / "postgres") as postgres:
        found, met = asyncio.run(
            measure(postgres.libpq("postgres"), Path(own), given.requests, given.rounds, given.only)
        )
    tell(found, met)
    memory = [each.memory_mb for rounds in found.values() for each in rounds]
    grew_mb = max(memory) - found[BEFORE][0].memory_mb
    if median(_ratios(found, ATTACKED)) > WORST or grew_mb > GREW_MB:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
