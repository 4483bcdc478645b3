"""The engine in one process: a worker with the engine's handlers and the house's upkeep, and the feed's sequencer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from hub.clock import utc_now
from hub.entrypoints.installation import Installation
from hub.entrypoints.learning import learning_handlers
from hub.entrypoints.migrating import migration_room
from hub.entrypoints.outbound import outbound_room
from hub.entrypoints.ranking import ranking_handlers
from hub.entrypoints.upkeep import turns
from hub.entrypoints.wiring import engine_room, recognition_rules
from hub.flows.handlers import EngineHandlers
from hub.live.sequencer import Sequencer
from hub.migration.handlers import MigrationHandlers
from hub.offers.catalogue import compile_catalogue
from hub.outbound.handlers import outbound_handlers
from hub.store.engine import Database
from hub.work.broker import open_broker
from hub.work.tables import Queue
from hub.work.upkeep import upkeep_handlers
from hub.work.work import Handlers
from hub.work.worker import THREADS, OpenHandlers, Stopping, Worker


def engine_handlers(hub: Installation) -> OpenHandlers:
    """The handlers as the worker opens them, with connections to the systems of their own."""

    @asynccontextmanager
    async def opened(database: Database, stopping: Stopping) -> AsyncIterator[Handlers]:
        configuration, keys = hub.configuration, hub.keys()
        every_s = hub.settings.bulk_step_every_ms / 1_000
        room = engine_room(configuration, hub.adapters, database, keys, utc_now, every_s)
        rules = recognition_rules(configuration)
        leads, keep = configuration.leads, configuration.privacy.keep_days
        own = turns(keys, configuration.contact, configuration.outbound, rules, leads, keep)
        try:
            yield {
                **EngineHandlers(room, stopping).registered(),
                **MigrationHandlers(migration_room(configuration, room), stopping).registered(),
                **outbound_handlers(outbound_room(configuration, database, keys, utc_now)),
                **upkeep_handlers(own, database, utc_now, stopping),
                **ranking_handlers(database, compile_catalogue(configuration.offers), utc_now),
                **learning_handlers(database, hub.database_url, configuration.recognition),
            }
        finally:
            await room.systems.aclose()

    return opened


@asynccontextmanager
async def running_engine(hub: Installation, queues: Iterable[Queue] = tuple(Queue)) -> AsyncIterator[Worker]:
    """Take work from `queues` for as long as the block lasts, then let it come to a good end."""
    url = hub.settings.broker_url
    worker = Worker(
        hub.open_database,
        open_broker(None if url is None else url.get_secret_value()),
        engine_handlers(hub),
        threads={queue: THREADS[queue] for queue in queues},
        prefix=hub.settings.broker_prefix,
    )
    sequencer = asyncio.create_task(Sequencer(hub.database_url).run())
    try:
        await worker.start()
        try:
            yield worker
        finally:
            await worker.stop()
    finally:
        sequencer.cancel()
        await asyncio.gather(sequencer, return_exceptions=True)
