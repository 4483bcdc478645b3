"""The same changes into a hub that is real-time from the start and that nothing disturbs."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx2
from sqlalchemy import text

from hub.clock import utc_now
from hub.flows.start_run import start_run
from hub.records.identity import FlowName
from hub.records.lanes import FlowCadence
from hub.store.engine import Database, open_engine
from tests.faults.hub import Hub
from tests.faults.installed import BRANCH, SHOP, Ground
from tests.faults.outcome import Golden, golden
from tests.faults.pushing import Pusher
from tests.faults.source import Source
from tests.services import RABBITMQ
from tests.waiting import until

SLICES = 10


async def undisturbed(made: Ground) -> dict[str, Golden]:
    """By source what the golden record then holds: the shop is polled after slices, the branch tells each change."""
    sources = {name: (source, list(source.changes)) for name, source in made.sources.items()}
    for source, _ in sources.values():
        source.apply("DELETE FROM customer WHERE id >= ?", (0,))
    async with _calm_hub(made) as (calm, database):
        shop, changes = sources[SHOP]
        size = -(-len(changes) // SLICES)
        for start in range(0, len(changes), size):
            for statement, values in changes[start : start + size]:
                shop.apply(statement, values)
            await _poll(database)
        await _tell(calm, database, *sources[BRANCH])
        return {name: await golden(database, name) for name in sources}


@asynccontextmanager
async def _calm_hub(made: Ground) -> AsyncIterator[tuple[Hub, Database]]:
    calm = Hub(made.folder / "calm", made.postgres, "calm", RABBITMQ, made.hub.programs)
    await calm.install(real_time=True)
    database = Database(open_engine(calm.url))
    calm.employ(1)
    try:

        async def declared() -> bool:
            async with database.reading() as connection:
                return bool(await connection.scalar(text("SELECT count(*) FROM lane")))

        await until(declared, what="the configuration is declared")
        yield calm, database
    finally:
        await database.aclose()
        await asyncio.to_thread(calm.dismiss)
        await asyncio.to_thread(calm.leave_broker)


async def _poll(database: Database) -> None:
    async with database.transaction() as connection:
        run = await start_run(connection, FlowName("customers"), utc_now(), None, FlowCadence.REAL_TIME)

    async def completed() -> bool:
        async with database.reading() as connection:
            state = await connection.scalar(text("SELECT state FROM flow_run WHERE id = :id"), {"id": run})
        return bool(state == "COMPLETED")

    await until(completed, what="a run of the undisturbed hub completes")


async def _tell(
    calm: Hub, database: Database, source: Source, changes: Sequence[tuple[str, tuple[object, ...]]]
) -> None:
    """Each change once, as soon as it is made, and in order."""
    pusher = Pusher(source, calm.webhook, random.Random(0))
    async with httpx2.AsyncClient(timeout=10) as client:
        for statement, values in changes:
            source.apply(statement, values)

            async def taken() -> bool:
                return await pusher.tell(client, len(source.events) - 1)

            await until(taken, what="the undisturbed hub takes an event")

    async def settled() -> bool:
        async with database.reading() as connection:
            return not await connection.scalar(text("SELECT count(*) FROM inbox_event WHERE state = 'NEW'"))

    await until(settled, what="every event is taken in")
