"""Who read which customer, and who was refused: noted as it happens, written in batches beside the requests."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub.clock import Clock
from hub.errors import Transient
from hub.store.audit import Deed, record_deeds
from hub.store.engine import Database
from hub.store.origin import NOWHERE, Origin
from hub.store.record_reads import Look, Shown, record_reads
from hub.store.refusals import MINUTE, Denial, Refusals

WRITE_EVERY_S: Final = 0.25
"""At most so much of the trail is lost when the process is killed; half as often would save nothing worth measuring."""

BATCH: Final = 2_000

NOTED_AT_MOST: Final = 20_000
"""Beyond it no customer is read any more: a trail that cannot be written must not go on as if it could."""

AGAIN_S: Final = 1.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Read:
    """`place` is the schema's field that showed the customer (`Query.customer`), `operation` the client's name for it.

    The same read within a batch is noted once: a list that shows a customer twice is one read of him.
    """

    principal: str
    customer: UUID
    place: str
    operation: str | None
    request_id: str | None
    origin: Origin = NOWHERE


class ReadTrail:
    """One for each process, on the loop that serves."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._shown: dict[Shown, tuple[datetime, set[UUID]]] = {}
        self._refusals = Refusals()
        self._deeds: list[tuple[Deed, datetime]] = []
        self._count = 0
        self._some = asyncio.Event()
        self._writing = asyncio.Lock()

    def note(self, read: Read | Denial) -> None:
        """Remember a read or a refusal before its answer goes out; Transient when too many could not be written."""
        if isinstance(read, Read):
            shown = Shown(read.principal, read.place, read.operation, read.request_id, read.origin)
            self.note_shown(shown, [read.customer])
            return
        self._check()
        self._keep(self._refusals.note(read, self._clock()))

    def note_shown(self, shown: Shown, customers: Collection[UUID]) -> None:
        """As `note`, for all customers whom one answer shows at one place."""
        if not customers:
            return
        self._check()
        known = self._shown.get(shown)
        if known is None:
            known = self._shown[shown] = (self._clock(), set())
        noted = known[1]
        before = len(noted)
        noted.update(customers)
        self._count += len(noted) - before
        self._some.set()

    def _keep(self, deeds: Iterable[tuple[Deed, datetime]]) -> None:
        before = len(self._deeds)
        self._deeds.extend(deeds)
        if len(self._deeds) > before:
            self._count += len(self._deeds) - before
            self._some.set()

    def _check(self) -> None:
        if self._count >= NOTED_AT_MOST:
            raise Transient("the audit trail cannot be written at the moment, so no customer is shown")

    async def run(self) -> None:
        """Write until cancelled; what the database did not take is tried again."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(MINUTE.total_seconds()):
                    await self._some.wait()
                    await asyncio.sleep(WRITE_EVERY_S)
            try:
                await self.write()
            except (SQLAlchemyError, OSError) as error:
                log.warning("audit trail not written, tried again", error=type(error).__name__, count=self._count)
                self._some.set()
                await asyncio.sleep(AGAIN_S)

    async def write(self, *, closing: bool = False) -> None:
        """Everything noted is in the table when this returns, also when several ask for it at once.

        How many more refusals there were is written once their minute is over, or when `closing`.
        """
        async with self._writing:
            self._keep(self._refusals.over(self._clock(), all_of_it=closing))
            self._some.clear()
            while self._count:
                denied, looks = self._deeds[:BATCH], self._some_looks()
                async with self._database.transaction() as connection:
                    await record_deeds(connection, denied)
                    await record_reads(connection, looks)
                del self._deeds[: len(denied)]
                self._count -= len(denied)
                for look in looks:
                    self._forget(look)

    def _some_looks(self) -> list[Look]:
        """Answers with BATCH customers together, or one more answer than that."""
        some: list[Look] = []
        count = 0
        for shown, (at, customers) in self._shown.items():
            some.append(Look(shown, at, tuple(customers)))
            count += len(customers)
            if count >= BATCH:
                break
        return some

    def _forget(self, written: Look) -> None:
        """What an answer has shown since its first part was written stays noted."""
        _, noted = self._shown[written.shown]
        noted.difference_update(written.customers)
        self._count -= len(written.customers)
        if not noted:
            del self._shown[written.shown]
