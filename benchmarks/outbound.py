"""Outbound commands per second through the dispatch table, on each broker, to a target that answers at once.

    python -m benchmarks.outbound [--commands 2000] [--rounds 3] [--brokers in-process,redis,rabbitmq]

Each command changes one customer's name at a system in memory (adapters/memory). It is claimed, carried by the broker,
taken by a worker, sent, read back into the store and settled; the clock runs from the worker's start until the last is
done. The floor is Dramatiq alone: so many messages over the same broker to as many threads, for work that does nothing.
Redis and RabbitMQ are those that run on this machine (HUB_TEST_REDIS, HUB_TEST_RABBITMQ); only own queues are touched.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex
from typing import Final

from pydantic import SecretStr
from sqlalchemy import text

from adapters.memory import memory_store
from benchmarks.processes import forget_queues
from hub.clock import utc_now
from hub.embedded.postgres import EmbeddedPostgres
from hub.entrypoints.allocator import give_large_blocks_back
from hub.entrypoints.collector import spare_the_collector
from hub.entrypoints.declaring import declare
from hub.entrypoints.engine import running_engine
from hub.entrypoints.installation import Installation, migrate, read_configuration
from hub.exchange.want import Target, want_update
from hub.observe.logging import configure_logging
from hub.ports.writing import FieldChange
from hub.records.identity import Entity, ExternalId
from hub.settings.environment import Settings
from hub.store.engine import Database
from hub.work.broker import Carrier, open_broker
from hub.work.pool import Pool
from hub.work.tables import Queue
from hub.work.worker import THREADS

BROKERS: Final[Mapping[str, str | None]] = {
    "in-process": None,
    "redis": os.environ.get("HUB_TEST_REDIS", "redis://127.0.0.1:6379/9"),
    "rabbitmq": os.environ.get("HUB_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672"),
}
AT_ONCE: Final = 500
HUB_YAML: Final = """
company: Benchmark
systems:
  shop:
    adapter: memory
    roles: [CRM]
    limits: {requests_per_minute: 1000000, concurrency: 64}
    options: {store: STORE}
flows:
  corrections:
    business_flow: 8
    entity: customer
    source: hub
    target: shop
    lanes: [{cadence: REAL_TIME, mode: AUTHORITATIVE}]
"""


async def order(database: Database, commands: int) -> None:
    """One command for each customer."""
    for first in range(0, commands, AT_ONCE):
        async with database.transaction() as connection:
            for number in range(first, min(first + AT_ONCE, commands)):
                target = Target("shop", Entity.CUSTOMER, ExternalId(str(number)), f"customer-{number}")
                await want_update(connection, target, [FieldChange(("name",), "Old", "New")], utc_now())


async def settled(database: Database) -> tuple[int, int]:
    """How many commands are done, and how many came to another end."""
    async with database.reading() as connection:
        row = (
            await connection.execute(
                text(
                    """SELECT count(*) FILTER (WHERE state = 'DONE') AS done,
                         count(*) FILTER (WHERE state NOT IN ('DONE', 'PENDING', 'SENT')) AS other
                       FROM outbound_command"""
                )
            )
        ).one()
        return row.done, row.other


async def through_the_hub(postgres: EmbeddedPostgres, folder: Path, url: str | None, commands: int) -> float:
    """Seconds until every command is done."""
    store, prefix = f"bench-{token_hex(4)}", f"bench-{token_hex(4)}"
    held = memory_store(store)
    for number in range(commands):
        held.put(Entity.CUSTOMER, str(number), {"name": "Old"})
    postgres.drop_database("bench")
    postgres.create_database("bench")
    (folder / "hub.yaml").write_text(HUB_YAML.replace("STORE", store), encoding="utf-8")
    broker = None if url is None else SecretStr(url)
    settings = Settings(config=folder / "hub.yaml", data_dir=folder, broker_url=broker, broker_prefix=prefix)
    hub = Installation(settings, *read_configuration(settings), postgres.libpq("bench"))
    await migrate(hub.database_url)
    database = hub.open_database()
    try:
        await declare(hub, database)
        await order(database, commands)
        give_large_blocks_back()
        spare_the_collector()
        began = time.perf_counter()
        async with running_engine(hub, (Queue.REALTIME, Queue.SYSTEM)):
            done = 0
            while done < commands:
                await asyncio.sleep(0.05)
                done, other = await settled(database)
                if other:
                    raise RuntimeError(f"{other} commands were not carried out")
            return time.perf_counter() - began
    finally:
        await database.aclose()
        if url is not None:
            forget_queues(url, prefix)


def by_dramatiq_alone(url: str | None, messages: int) -> float:
    """Seconds until every message was handled."""
    prefix, left, all_done = f"bench-{token_hex(4)}", iter(range(messages - 1)), threading.Event()

    def handle(_: int) -> None:
        if next(left, None) is None:
            all_done.set()

    carrier = Carrier(open_broker(url), prefix)
    carrier.declare(Queue.REALTIME, handle)
    pool = Pool(carrier.broker, carrier.queue_name(Queue.REALTIME), THREADS[Queue.REALTIME])
    began = time.perf_counter()
    pool.start()
    asyncio.run(carrier.send([(Queue.REALTIME, [number]) for number in range(messages)]))
    all_done.wait()
    took = time.perf_counter() - began
    pool.end_turns()
    pool.stop()
    carrier.close()
    if url is not None:
        forget_queues(url, prefix)
    return took


def main() -> None:
    """Print the medians and their share of the floor."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commands", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--brokers", default=",".join(BROKERS), help="with commas between")
    options = parser.parse_args()
    configure_logging(as_json=False, level="WARNING")
    brokers = {name: BROKERS[name] for name in options.brokers.split(",")}
    seconds: dict[tuple[str, str], list[float]] = {}
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder) / "postgres") as postgres:
        for number in range(1, options.rounds + 1):
            print(f"round {number} of {options.rounds}", file=sys.stderr)
            for name, url in brokers.items():
                hub = asyncio.run(through_the_hub(postgres, Path(folder), url, options.commands))
                seconds.setdefault((name, "hub"), []).append(hub)
                seconds.setdefault((name, "floor"), []).append(by_dramatiq_alone(url, options.commands))
    print(f"{options.commands:,} commands, median of {options.rounds} rounds")
    for name in brokers:
        hub, floor = (options.commands / statistics.median(seconds[name, way]) for way in ("hub", "floor"))
        print(f"{name:>11}: {hub:>7,.0f} commands/s, {hub / floor:.3f} of {floor:,.0f} messages/s by Dramatiq alone")


if __name__ == "__main__":
    main()
