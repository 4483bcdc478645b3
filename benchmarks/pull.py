"""Records per second of pulling customers from a real Tryton, beside a bare keyset read of the same rows.

    python -m benchmarks.pull [--parties 5000] [--rounds 3] [--ground .hub/tests/tryton]

for example `python -m benchmarks.pull --rounds 1`. Tryton is installed and filled in `--ground` the first time (three
to four minutes) and kept there; the default is where the tests keep theirs. The hub's PostgreSQL is fresh and durable.

The floor pages through the parties with their children in (last_modified_at, id) order over the same JSON-RPC, with
the hub's own client, and throws the rows away: nothing that reads them from Tryton can be faster.

  first  the pull that finds every customer new, as a lane runs it: all pages, the children's streams, the sweep of ids
  again  the cursor is taken away, so the same rows are read, mapped and compared once more; nothing changes
  next   the lane's next run: nothing behind the cursor, and a sweep over the ids of all

Beside each stands the share of its time in which the adapter was at work, nearly all of it waiting for Tryton. A lane
reads its next page while the one before it is applied.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import text

import adapters.tryton
from adapters.tryton.options import TrytonOptions
from adapters.tryton.port import TrytonPort
from benchmarks.tryton import DATABASE, PAGE, TimedPort, Took, bare, options_of, spread
from examples.demo.tryton.home import TrytonHome, running_tryton
from examples.demo.tryton.roles import plain_parties
from hub.clock import utc_now
from hub.customers.recognise import Rules
from hub.customers.survive import Survivorship
from hub.embedded.postgres import EmbeddedPostgres
from hub.flows.declare import declare_flows
from hub.flows.engine_room import EngineRoom
from hub.flows.run_lane import run_lane
from hub.flows.start_run import start_run
from hub.flows.systems import OpenSystems
from hub.mapping.compile import load_mapping
from hub.records.identity import Entity, FlowName, SystemName
from hub.records.lanes import FlowCadence, LaneMode
from hub.settings.flows import HUB, Flow, Lane
from hub.store.engine import Database, open_engine
from hub.store.keys import KeyRing
from migrations.migrate import upgrade

CRM = SystemName("crm")
LANE = Lane(cadence=FlowCadence.DAILY, mode=LaneMode.AUTHORITATIVE, page_size=PAGE, sweep=True)
FLOW = Flow(FlowName("crm-customer"), 2, "Customers", Entity.CUSTOMER, CRM, HUB, (LANE,), ())
MAPPING = load_mapping(Path(adapters.tryton.__file__).with_name("mappings") / "customer.yaml")
CONSOLE = Console(stderr=True)


async def pulled(
    room: EngineRoom, port: TimedPort, name: str, total: int, progress: Progress
) -> tuple[Counter[str], Took]:
    """Counters and time of one run of the lane."""
    async with room.database.transaction() as connection:
        run = await start_run(connection, FLOW.name, utc_now())
    task = progress.add_task(name, total=total)
    began, waited = time.perf_counter(), port.waited_s
    counters = await run_lane(room, run, progress=lambda so_far: progress.update(task, completed=so_far["read"]))
    seconds = time.perf_counter() - began
    progress.update(task, completed=total)
    return counters, Took(total, seconds, port.waited_s - waited)


async def opened(postgres: EmbeddedPostgres, port: TrytonPort) -> EngineRoom:
    """An engine over a fresh database that knows the one flow."""
    postgres.drop_database("bench")
    postgres.create_database("bench")
    database = Database(open_engine(postgres.libpq("bench")))
    await upgrade(database.engine)
    async with database.transaction() as connection:
        await connection.execute(
            text("INSERT INTO connected_system (name, adapter, roles) VALUES ('crm', 'tryton', '{CRM}')")
        )
        await declare_flows(connection, [FLOW], [])
    return EngineRoom(
        database=database,
        systems=OpenSystems({CRM: lambda: port}),
        flows={FLOW.name: FLOW},
        mappings={(CRM, Entity.CUSTOMER): MAPPING},
        recognition=Rules(Survivorship(), "NL"),
        keys=KeyRing(b"b" * 32),
        clock=utc_now,
    )


async def one_round(postgres: EmbeddedPostgres, options: TrytonOptions, progress: Progress) -> dict[str, Took]:
    """Every way once; refuses to give figures of a pull that did something else."""
    floor = await bare(options, progress)
    port = TimedPort(CRM, options)
    room = await opened(postgres, port)
    first, of_first = await pulled(room, port, "first", floor.rows, progress)
    async with room.database.transaction() as connection:
        await connection.execute(text("DELETE FROM lane_cursor"))
    again, of_again = await pulled(room, port, "again", floor.rows, progress)
    following, of_next = await pulled(room, port, "next", floor.rows, progress)
    await room.systems.aclose()
    await room.database.aclose()
    wrote = [counters["created"] + counters["changed"] + counters["deleted"] for counters in (first, again, following)]
    if wrote != [floor.rows, 0, 0]:
        raise SystemExit(f"expected {floor.rows} new customers and then no change, got {wrote}")
    return {"bare": floor, "first": of_first, "again": of_again, "next": of_next}


async def measured(postgres: EmbeddedPostgres, options: TrytonOptions, dsn: str, count: int) -> list[dict[str, Took]]:
    """All rounds, shown as they go; a first read that is not counted warms Tryton up."""
    await spread(dsn)
    columns = TextColumn("{task.description:>16}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=CONSOLE) as progress:
        await bare(options, progress)
        return [await one_round(postgres, options, progress) for _ in range(count)]


def main() -> None:
    """Print the medians and their ratios to the floor."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parties", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ground", type=Path, default=Path(".hub/tests/tryton"))
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedPostgres(Path(folder) / "postgres") as postgres,
        EmbeddedPostgres(asked.ground / "postgres", durable=False) as of_tryton,
        TrytonHome(asked.ground / "home", CONSOLE.print) as home,
        running_tryton(home, of_tryton, {DATABASE: plain_parties(asked.parties)}, fresh=True, name=DATABASE) as server,
    ):
        rounds = asyncio.run(measured(postgres, options_of(server), of_tryton.libpq(DATABASE), asked.rounds))
    print(f"{asked.parties:,} parties of Tryton with their children, median of {asked.rounds} rounds")
    floor = statistics.median(one["bare"].rows / one["bare"].seconds for one in rounds)
    for name in rounds[0]:
        rate = statistics.median(one[name].rows / one[name].seconds for one in rounds)
        waited = statistics.median(one[name].waited_s / one[name].seconds for one in rounds)
        print(f"{name:>8}: {rate:>7,.0f} records/s, {rate / floor:.2f} of the bare read, {waited:.0%} in the adapter")


if __name__ == "__main__":
    main()
