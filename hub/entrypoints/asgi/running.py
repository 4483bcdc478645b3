"""What lives as long as the application serves: the engine, the reader of the change feed and the trail of reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub.access.admission import Admission
from hub.access.revoked import Revoked
from hub.access.shared_usage import share
from hub.access.watched import Watched
from hub.contacts.desk import ContactDesk
from hub.entrypoints.asgi.document_reader import DocumentReader
from hub.entrypoints.asgi.scrape import Scrape
from hub.entrypoints.asgi.services import Services
from hub.exchange.inbox import Inbox
from hub.flows.follow_joins import follow_joins
from hub.flows.terms import Terms
from hub.live.reader import Reader
from hub.reads.compiled.kept_answers import KeptAnswers
from hub.store.engine import Database
from hub.store.prepared import PreparedReads
from hub.store.read_trail import ReadTrail
from hub.store.revocations import FollowRevocations
from hub.store.usage import UsageInPostgres
from schema.compiled.apart import Apart
from schema.context import Hub
from schema.schema import build_schema
from schema.shared_customers import SharedCustomers

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Running:
    """Opened on the loop that serves."""

    hub: Hub
    scrape: Scrape
    reader: asyncio.Task[None]
    inbox: Inbox

    @property
    def following(self) -> bool:
        """False once subscriptions would hear nothing more."""
        return not self.reader.done()

    def drain(self) -> None:
        """End every subscription with the word to come back; call it before waiting for connections to close."""
        self.reader.cancel()


@asynccontextmanager
async def running(services: Services) -> AsyncIterator[Running]:
    """Open what is bound to the running loop; closed at the end of the block, or when a part cannot be opened."""
    async with AsyncExitStack() as closing:
        reader = await _reader(services, closing)
        database = services.open_database()
        closing.push_async_callback(database.aclose)
        hub = _hub(services, closing, database, reader)
        revocations = FollowRevocations(database, hub.revoked, services.clock, hub.watched.sweep)
        await revocations.look_on()
        usage = UsageInPostgres(database) if services.open_usage is None else services.open_usage()
        closing.push_async_callback(usage.aclose)
        closing.push_async_callback(_written, hub.trail)
        feed = asyncio.create_task(hub.feed.run(), name="change feed")
        beside = [
            asyncio.create_task(hub.trail.run(), name="audit trail"),
            asyncio.create_task(revocations.run(), name="revoked tokens"),
            asyncio.create_task(hub.watched.run(), name="tokens of subscribers"),
            asyncio.create_task(share(hub.admission, usage), name="shared usage"),
        ]
        closing.push_async_callback(_ended, feed, *beside)
        yield Running(hub, Scrape(hub), feed, Inbox(database, services.keys, services.clock))


async def _reader(services: Services, closing: AsyncExitStack) -> DocumentReader | None:
    """Started before anything is open that a child would hold as well."""
    if not services.reads_apart:
        return None
    apart = Apart(build_schema(), services.read_terms)
    reader = DocumentReader(apart.read, apart.plan)
    closing.push_async_callback(reader.aclose)
    await reader.start()
    return reader


def _hub(services: Services, closing: AsyncExitStack, database: Database, reader: DocumentReader | None) -> Hub:
    kept = KeptAnswers(services.kept_answers_bytes)
    systems = services.open_systems(database)
    closing.push_async_callback(systems.aclose)
    engine = None if services.open_decision_engine is None else services.open_decision_engine()
    if engine is not None:
        closing.push_async_callback(engine.aclose)
    prepared = PreparedReads(database.engine, services.prepared_connections, opened=kept.clear)
    closing.push_async_callback(prepared.aclose)
    return Hub(
        database=database,
        prepared=prepared,
        kept=kept,
        feed=Reader(services.feed_dsn),
        rules=services.rules,
        terms=Terms(services.mappings, services.rules, services.keys),
        desk=services.desk,
        systems=systems,
        contacts=ContactDesk(services.rules, services.keys, follow_joins, services.contact, services.topics),
        steering=services.steering,
        processes=services.processes,
        metrics=services.metrics,
        trail=ReadTrail(database, services.clock),
        clock=services.clock,
        page_size_max=services.page_size_max,
        offering=services.offering,
        outbound=services.outbound,
        privacy=services.privacy,
        decision_engine=engine,
        admission=Admission(services.allowances),
        revoked=Revoked(),
        watched=Watched(),
        tells_cost=services.tells_cost,
        shared_customers=SharedCustomers(database),
        query_within_s=services.query_within_s,
        elsewhere=reader,
    )


async def _ended(*tasks: asyncio.Task[None]) -> None:
    for each in tasks:
        each.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _written(trail: ReadTrail) -> None:
    """The rest of the trail, unless the database is gone as well."""
    try:
        await trail.write(closing=True)
    except (SQLAlchemyError, OSError) as error:
        log.warning("the last reads are missing in the audit trail", error=type(error).__name__)
