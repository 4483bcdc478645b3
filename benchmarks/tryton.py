"""The Tryton that is pulled from: its bare rows, and a port that adds up how long it is waited for."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import asyncpg
from rich.progress import Progress

from adapters.tryton.entities import STAMP, model_of
from adapters.tryton.options import TrytonOptions
from adapters.tryton.port import TrytonPort
from adapters.tryton.session import Session
from adapters.tryton.wire import WireValue, instant, row_id
from examples.demo.tryton.server import TrytonServer
from hub.ports.limits import DEFAULT_LIMITS
from hub.ports.pages import PullPage, SweepPage
from hub.records.identity import Entity, ExternalId
from hub.records.source import JsonObject, SourceObject

PAGE = 500
DATABASE = "benchmark"

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Took:
    """What one way of reading took; `waited_s` is the part spent in the adapter."""

    rows: int
    seconds: float
    waited_s: float


class TimedPort(TrytonPort):
    """Tryton's port that adds up the seconds in which the engine waited for it."""

    waited_s = 0.0

    async def pull(self, entity: Entity, cursor: JsonObject, limit: int) -> PullPage:
        """One page."""
        return await self._timed(super().pull(entity, cursor, limit))

    async def sweep(self, entity: Entity, after: str | None, limit: int) -> SweepPage:
        """One page of ids."""
        return await self._timed(super().sweep(entity, after, limit))

    async def read(self, entity: Entity, ids: Sequence[ExternalId]) -> Sequence[SourceObject]:
        """Objects by id."""
        return await self._timed(super().read(entity, ids))

    async def _timed(self, answer: Awaitable[Answer]) -> Answer:
        began = time.perf_counter()
        try:
            return await answer
        finally:
            self.waited_s += time.perf_counter() - began


def options_of(server: TrytonServer) -> TrytonOptions:
    """The adapter's options for the benchmark's database."""
    return TrytonOptions.model_validate(
        {"url": server.url, "database": DATABASE, "user": server.user, "password": server.password}
    )


async def spread(dsn: str) -> None:
    """Stamp one party a minute, children with their party, as in a company.

    Tryton stamped all of them within a minute: each run would then read all of them again as its newest rows.
    """
    connection = await asyncpg.connect(dsn)
    for table, party in (
        ("party", "id"),
        ("address", "party"),
        ("contact_mechanism", "party"),
        ("identifier", "party"),
    ):
        age = f"{party} * interval '1 minute'"
        await connection.execute(
            f"UPDATE party_{table} SET create_date = create_date - {age}, write_date = write_date - {age}"
        )
    await connection.close()


async def bare(options: TrytonOptions, progress: Progress) -> Took:
    """The floor."""
    model, session = model_of(Entity.CUSTOMER), Session(options, DEFAULT_LIMITS)
    await session.log_in()
    task, read = progress.add_task("bare keyset read", total=None), 0
    behind: Sequence[WireValue] = ()
    began = time.perf_counter()
    while True:
        rows = await session.search(model.model, behind, model.all_fields, (STAMP, "id"), PAGE)
        read += len(rows)
        progress.update(task, completed=read)
        if len(rows) < PAGE:
            break
        stamp, last = instant(rows[-1][STAMP]), row_id(rows[-1])
        behind = (("OR", (STAMP, ">", stamp), ((STAMP, "=", stamp), ("id", ">", last))),)
    took = time.perf_counter() - began
    await session.aclose()
    return Took(read, took, took)
