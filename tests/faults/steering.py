"""A person who wants a flow in real time, takes it back, and again: looks at the state and gives the next command.

A cut-over that is to be killed is a process of its own (`hub migration cutover`); what is refused is asked again.
"""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import utc_now
from hub.errors import HubError
from hub.flows.start_run import start_run
from hub.migration.cut_over import cut_over
from hub.migration.decide import approve, resume
from hub.migration.plan import plan
from hub.migration.roll_back import roll_back
from hub.migration.start import start
from hub.migration.work import watch
from hub.records.identity import FlowName
from hub.records.lanes import FlowCadence
from tests.faults.installed import Ground
from tests.waiting import until

OUTAGES = (OSError, DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError, HubError)
"""What the harness meets itself while the database is down, or when a step is refused just now."""
INSIDE = "%FROM information_flow WHERE name = %FOR UPDATE"
LOOK_AGAIN = 0.1
"""The hub itself looks every minute, which is long for a test."""
AT_DOOR = "%cadence_migration%FOR UPDATE%"


@dataclass
class Steering:
    """One flow's migrations, one after the other."""

    ground: Ground
    flow: FlowName
    slow: FlowCadence
    rng: random.Random
    resting: bool = False
    """Stay where the migration is completed."""
    kill_next: bool = False
    """Kill the next cut-over inside its transaction."""
    killed: asyncio.Event = field(default_factory=asyncio.Event)
    cut: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a cut-over has just been committed."""

    async def state(self) -> tuple[str, str] | None:
        """Of the newest migration: its state and the end of its evidence."""
        async with self.ground.database.reading() as connection:
            row = (
                await connection.execute(
                    text(
                        """SELECT state, encode(evidence_digest, 'hex') AS digest FROM cadence_migration
                           WHERE flow = :flow ORDER BY created_at DESC LIMIT 1"""
                    ),
                    {"flow": self.flow},
                )
            ).one_or_none()
        return None if row is None else (row.state, row.digest)

    async def keep_on(self) -> None:
        """For ever."""
        while True:
            with suppress(*OUTAGES):
                await self._next(*(await self.state() or ("NONE", "")))
            await asyncio.sleep(2.0 if self.resting else 0.3)

    async def _next(self, state: str, digest: str) -> None:
        if state == "APPROVED" and self.kill_next:
            await self._killed_inside()
        elif state in ("SHADOW", "OBSERVING", "ROLLING_BACK") or (state == "COMPLETED" and self.resting):
            await self._run_slow_lane()
        else:
            async with self.ground.database.transaction() as connection:
                await self._step(connection, state, digest)
            if state == "APPROVED":
                self.cut.set()

    async def _step(self, connection: AsyncConnection, state: str, digest: str) -> None:
        """What a person does in this state."""
        desk, now = self.ground.desk, utc_now()
        if state in ("NONE", "ROLLED_BACK", "ABORTED"):
            await plan(connection, desk, self.flow, FlowCadence.REAL_TIME, "anna", now)
        elif state == "PREFLIGHT":
            await start(connection, desk, self.flow, "anna", now)
        elif state == "GATED":
            await approve(connection, desk, self.flow, digest, "ben", now)
        elif state == "PAUSED":
            await resume(connection, self.flow, "anna", now)
        elif state == "APPROVED":
            await cut_over(connection, desk, self.flow, "ben", now)
        elif state == "COMPLETED":
            await roll_back(connection, desk, self.flow, "ben", "the next round", now)

    async def _run_slow_lane(self) -> None:
        """Open the next window, unless one still waits to be compared; then look again whether it can be by now."""
        async with self.ground.database.transaction() as connection:
            waiting = await connection.scalar(
                text(
                    """SELECT EXISTS (SELECT FROM parity_run p JOIN cadence_migration m ON m.id = p.migration
                         WHERE m.flow = :flow AND p.compared_at IS NULL
                           AND m.state NOT IN ('ROLLING_BACK', 'ROLLED_BACK', 'ABORTED'))"""
                ),
                {"flow": self.flow},
            )
            if not waiting:
                await start_run(connection, self.flow, utc_now(), None, self.slow)
            elif self.rng.random() < LOOK_AGAIN:
                await watch(connection, utc_now(), limit=10)

    async def _killed_inside(self) -> None:
        """Hold the migration's row until the command stands before it, then the flow's, and let it in; kill it there.

        At what moment is drawn: while it waits for the flow, or up to 30 ms behind that, which is before, in and behind
        the commit.
        """
        door = await asyncpg.connect(self.ground.hub.url)
        flow = await asyncpg.connect(self.ground.hub.url)
        process: subprocess.Popen[bytes] | None = None
        try:
            held = door.transaction()
            await held.start()
            await door.execute("SELECT FROM cadence_migration WHERE flow = $1 FOR UPDATE", self.flow)
            process = self.ground.hub.command("migration", "cutover", self.flow, "--by", "ben")
            if not await self._waiting(AT_DOOR, process):
                return
            page = flow.transaction()
            await page.start()
            await flow.execute("SELECT FROM information_flow WHERE name = $1 FOR SHARE", self.flow)
            await held.rollback()
            if not await self._waiting(INSIDE, process):
                return
            if self.rng.random() < 0.7:
                await page.rollback()
                await asyncio.sleep(self.rng.uniform(0.0, 0.03))
            process.send_signal(signal.SIGKILL)
            self.kill_next = False
            self.killed.set()
        finally:
            for connection in (door, flow):
                connection.terminate()
            if process is not None:
                await asyncio.to_thread(process.wait, 120)

    async def _waiting(self, query: str, process: subprocess.Popen[bytes]) -> bool:
        """True once a statement like this waits for a lock; False when the command has ended before."""

        async def look() -> str | None:
            if process.poll() is not None:
                return "ended"
            async with self.ground.database.reading() as connection:
                found = await connection.scalar(
                    text(
                        """SELECT count(*) FROM pg_stat_activity
                           WHERE wait_event_type = 'Lock' AND query LIKE :query AND datname = current_database()"""
                    ),
                    {"query": query},
                )
            return "waits" if found else None

        return await until(look, what="the cut-over waits for its lock") == "waits"
