"""Weights learned anew by schedule: a version is proposed, or decides at once where hub.yaml says so."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import Clock, utc_now
from hub.customers.likeness.learn import learn_weights
from hub.errors import Transient
from hub.flows.order_linking import order_linking
from hub.settings.trust import Recognition
from hub.store.engine import Database, open_engine
from hub.work.decisions import Decision, Done
from hub.work.schedule import NewSchedule, upsert_schedule
from hub.work.tables import Queue
from hub.work.work import Handlers, RegisteredHandler, Work

LEARN: Final = "recognition.learn"
NICENESS: Final = 10
"""Learning takes a minute of a processor for a hundred thousand records, and nobody waits for it."""

log = structlog.get_logger(__name__)


async def declare_learning(connection: AsyncConnection, recognition: Recognition, clock: Clock) -> None:
    """The schedule, switched off where hub.yaml has none."""
    schedule = NewSchedule(
        name="recognition:learn",
        kind=LEARN,
        queue=Queue.SYSTEM,
        cron=recognition.learn or "0 0 1 1 *",
        time_zone="UTC",
        enabled=recognition.learn is not None,
    )
    await upsert_schedule(connection, schedule, clock())


def learning_handlers(database: Database, url: str, recognition: Recognition) -> Handlers:
    """To learn twice makes two versions, of which the last is as good as one."""
    return {LEARN: RegisteredHandler(_Learner(database, url, recognition.activate), repeatable=True)}


@dataclass(frozen=True)
class _Learner:
    database: Database
    url: str
    decides: bool

    async def __call__(self, work: Work) -> Decision:
        """In a process of its own, since it computes; nothing before a person has had weights learned once."""
        async with self.database.reading() as connection:
            begun = await connection.scalar(text("SELECT EXISTS (SELECT FROM likeness_weights)"))
        if not begun:
            return Done()
        await _in_process(self.url, decides=self.decides)
        if self.decides:
            async with self.database.transaction() as connection:
                await order_linking(connection, utc_now())
        return Done()


async def _in_process(url: str, *, decides: bool) -> None:
    """Transient when the process came to a bad end; whoever is cancelled meanwhile ends it."""
    process = multiprocessing.get_context("spawn").Process(target=_learn_here, args=(url, decides), daemon=True)
    process.start()
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(process.sentinel, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(process.sentinel)
        process.kill()
        process.join()
    if process.exitcode != 0:
        raise Transient(f"learning ended with {process.exitcode}")


def _learn_here(url: str, decides: bool) -> None:
    os.nice(NICENESS)
    asyncio.run(_learn(url, decides=decides))


async def _learn(url: str, *, decides: bool) -> None:
    database = Database(open_engine(url))
    try:
        lesson = await learn_weights(database, url, utc_now(), lambda what, share: None, decides=decides)
        log.info("weights learned", version=lesson.version, count=lesson.records)
    finally:
        await database.aclose()
