"""Who read which customer, and who was refused: noted as it happens, written in batches beside the requests."""

from __future__ import annotations

import asyncio
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


@dataclass(frozen=True, slots=True)
class Denial:
    """Something the caller's token did not allow, named like a read's place; nothing was read or changed."""

    principal: str
    place: str
    request_id: str | None


class ReadTrail:
    """One for each process, on the loop that serves."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._noted: dict[Read | Denial, datetime] = {}
        self._some = asyncio.Event()
        self._writing = asyncio.Lock()

    def note(self, read: Read | Denial) -> None:
        """Remember a read or a refusal before its answer goes out; Transient when too many could not be written."""
        if len(self._noted) >= NOTED_AT_MOST:
            raise Transient("the audit trail cannot be written at the moment, so no customer is shown")
        self._noted.setdefault(read, self._clock())
        self._some.set()

    async def run(self) -> None:
        """Write until cancelled; what the database did not take is tried again."""
        while True:
            await self._some.wait()
            await asyncio.sleep(WRITE_EVERY_S)
            try:
                await self.write()
            except (SQLAlchemyError, OSError) as error:
                log.warning("audit trail not written, tried again", error=type(error).__name__, count=len(self._noted))
                self._some.set()
                await asyncio.sleep(AGAIN_S)

    async def write(self) -> None:
        """Everything noted is in the table when this returns, also when several ask for it at once."""
        async with self._writing:
            self._some.clear()
            while self._noted:
                batch = list(self._noted.items())[:BATCH]
                async with self._database.transaction() as connection:
                    await record_deeds(connection, [(_deed(read), at) for read, at in batch])
                for read, _ in batch:
                    del self._noted[read]


def _deed(read: Read | Denial) -> Deed:
    if isinstance(read, Denial):
        return Deed(read.principal, "denied", "Operation", read.place, outcome="DENIED", request_id=read.request_id)
    detail = {"place": read.place} | ({} if read.operation is None else {"operation": read.operation})
    return Deed(read.principal, "read", "Customer", str(read.customer), request_id=read.request_id, detail=detail)
