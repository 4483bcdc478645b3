"""What a hub under test stands on: a database server, a road to the broker, and the simulated programs around it."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx2

from hub.embedded.postgres import EmbeddedPostgres
from hub.embedded.ready import LOOPBACK
from hub.migration.desk import Desk
from hub.store.engine import Database, open_engine
from tests.faults.hub import Hub
from tests.faults.offices import open_file
from tests.faults.ports import standing_port
from tests.faults.proxy import Proxy
from tests.faults.source import Source
from tests.services import RABBITMQ
from tests.waiting import until

SHOP: Final = "shop"
BRANCH: Final = "branch"
OFFICES: Final = "offices"


@dataclass
class Program:
    """A simulated program: a process that can be killed and started again on the same port."""

    module: str
    place: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def open(self) -> None:
        """Start it."""
        command = [sys.executable, "-m", self.module, str(self.place), "--port", str(self.port)]
        self.process = subprocess.Popen(command)

    def close(self) -> None:
        """Kill it."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    async def answers(self) -> None:
        """Return when it does, whatever it says; one that ended at once, its port being taken, is started again."""

        async def answered() -> bool:
            if self.process is None or self.process.poll() is not None:
                self.open()
            async with httpx2.AsyncClient() as client:
                try:
                    await client.get(self.url)
                except httpx2.TransportError:
                    return False
            return True

        await until(answered, what=f"{self.module} answers")


@dataclass
class Ground:
    """`sources` and `programs` by name; `losing` is the road to the back offices."""

    folder: Path
    postgres: EmbeddedPostgres
    broker: Proxy
    losing: Proxy
    sources: dict[str, Source]
    programs: dict[str, Program]
    hub: Hub
    database: Database
    desk: Desk

    @property
    def register(self) -> Path:
        """What the back offices made."""
        return self.programs[OFFICES].place


@asynccontextmanager
async def ground(folder: Path) -> AsyncIterator[Ground]:
    """Everything runs but the hub's own processes; whatever happens, all of it ends."""
    away = urlsplit(RABBITMQ)
    broker = Proxy(away.hostname or LOOPBACK, away.port or 5672)
    await broker.start()
    postgres = EmbeddedPostgres(folder / "postgres", durable=False, tcp_port=standing_port(), shared_buffers_mb=32)
    await asyncio.to_thread(postgres.start)
    sources = {name: Source(folder / name) for name in (SHOP, BRANCH)}
    open_file(folder / "register.sqlite")
    programs = {name: Program("tests.faults.source", folder / name, standing_port()) for name in sources}
    programs[OFFICES] = Program("tests.faults.offices", folder / "register.sqlite", standing_port())
    losing = Proxy(LOOPBACK, programs[OFFICES].port)
    await losing.start()
    addresses = {
        "SHOP_URL": programs[SHOP].url,
        "BRANCH_URL": programs[BRANCH].url,
        "REGISTER_URL": f"http://{LOOPBACK}:{losing.port}",
    }
    login = f"{away.username or 'guest'}:{away.password or 'guest'}"
    hub = Hub(folder / "hub", postgres, "hub", f"amqp://{login}@{LOOPBACK}:{broker.port}{away.path}", addresses)
    await hub.install(real_time=False)
    database = Database(open_engine(hub.url))
    try:
        for program in programs.values():
            program.open()
        for program in programs.values():
            await program.answers()
        yield Ground(folder, postgres, broker, losing, sources, programs, hub, database, hub.desk)
    finally:
        await asyncio.to_thread(hub.dismiss)
        await asyncio.to_thread(hub.leave_broker)
        for program in programs.values():
            program.close()
        await database.aclose()
        await broker.stop()
        await losing.stop()
        await asyncio.to_thread(postgres.stop)
