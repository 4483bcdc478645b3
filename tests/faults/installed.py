"""A company under test: its hub.yaml, its own database server, its workers and the source, each a process of ours."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Final
from urllib.parse import urlsplit

import httpx2

from hub.embedded.postgres import EmbeddedPostgres
from hub.embedded.ready import free_port
from hub.entrypoints.migrating import unconnected_desk
from hub.entrypoints.wiring import InstalledAdapters
from hub.migration.desk import Desk
from hub.settings.configuration import load_configuration
from hub.store.engine import Database, open_engine
from hub.work.tables import Queue
from migrations.migrate import upgrade
from tests.faults.proxy import Proxy
from tests.faults.source import Source
from tests.services import RABBITMQ
from tests.waiting import until
from tests.work.brokers import delete_queues

HUB_YAML: Final = """
company: Faults
migrations: {clean_windows: 2, clean_audits: 1, lag_p95_slo_s: 86400}  # faults delay; they must not lose
systems:
  shop:
    adapter: rest
    roles: [CRM]
    options:
      url: "${SHOP_URL}"
      entities:
        customer:
          list: /customers
          records: customers
          one: "/customers/{id}"
          page_rows: 25
          stamp: changed_at
          since: {param: changed_since}
          paging: {by: cursor, next: next, size_param: size}
    limits: {requests_per_minute: 60000, timeout_s: 5}
    mappings: {customer: CUSTOMER_MAPPING}
  office:
    adapter: files
    roles: [BACK_OFFICE]
    options: {folder: "${DROP_FOLDER}", entities: {customer: {pull: false, write: true}}, batch_size: 10}
    mappings:
      customer: {entity: customer, version: 1, fields: {name: name}}
flows:
  customers:
    business_flow: 2
    entity: customer
    source: shop
    lanes:
      - {cadence: DAILY, mode: INBOUND_SLOW, cron: "0 3 1 1 *", page_size: 25, overlap_s: 300, sweep: true,
         max_delete_share: 0.5}
      - {cadence: REAL_TIME, mode: INBOUND_FAST, cron: "FAST_CRON", page_size: 25, overlap_s: 300, sweep: true,
         max_delete_share: 0.5}
  corrections:
    business_flow: 8
    entity: customer
    source: hub
    target: office
    lanes:
      - {cadence: WEEKLY, mode: AUTHORITATIVE, cron: "0 4 1 1 *", page_size: 10}
      - {cadence: REAL_TIME, mode: STANDBY}
"""
MAPPING: Final = Path(__file__).parents[2] / "examples" / "customer_api" / "mappings" / "customer.yaml"


@dataclass
class Hub:
    """One hub on a database of its own and its worker processes; the fast lane counts from the start or waits."""

    folder: Path
    postgres: EmbeddedPostgres
    name: str
    broker_url: str
    shop_port: int
    prefix: str = field(default_factory=lambda: f"faults-{token_hex(4)}")
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.postgres.tcp(self.name)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "HUB_CONFIG": str(self.folder / "hub.yaml"),
            "HUB_DATA_DIR": str(self.folder / "data"),
            "HUB_DATABASE_URL": self.url,
            "HUB_BROKER_URL": self.broker_url,
            "HUB_BROKER_PREFIX": self.prefix,
            "HUB_MASTER_KEY": b64encode(b"k" * 32).decode(),
            "SHOP_URL": f"http://127.0.0.1:{self.shop_port}",
            "DROP_FOLDER": str(self.folder / "drop"),
        }

    @property
    def desk(self) -> Desk:
        """What a person steers migrations with."""
        adapters = InstalledAdapters()
        return unconnected_desk(load_configuration(self.folder / "hub.yaml", adapters, self.environment), adapters)

    @property
    def log(self) -> Path:
        """What its processes say."""
        return self.folder / "processes.log"

    async def install(self, *, real_time: bool) -> None:
        """Its files and its database at the newest schema."""
        (self.folder / "drop").mkdir(parents=True)
        modes = ("STANDBY", "AUTHORITATIVE") if real_time else ("AUTHORITATIVE", "STANDBY")
        written = HUB_YAML.replace("INBOUND_SLOW", modes[0]).replace("INBOUND_FAST", modes[1])
        written = written.replace("FAST_CRON", "0 0 3 1 1 *" if real_time else "*/3 * * * * *")
        written = written.replace("CUSTOMER_MAPPING", str(MAPPING))
        (self.folder / "hub.yaml").write_text(written, encoding="utf-8")
        await asyncio.to_thread(self.postgres.create_database, self.name)
        engine = open_engine(self.url)
        await upgrade(engine)
        await engine.dispose()

    def employ(self, count: int) -> None:
        """Start workers until so many live."""
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        while len(self.workers) < count:
            self.workers.append(self.command("work"))

    def command(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A process of the hub."""
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "hub.entrypoints.cli", *arguments]
            return subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)

    def dismiss(self) -> None:
        """Tell every worker to stop and wait for it."""
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            try:
                worker.wait(60)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        self.workers = []

    def leave_broker(self) -> None:
        """Delete its queues there; others use the broker too."""
        delete_queues(RABBITMQ, [f"contacthub.{self.prefix}.{queue}" for queue in Queue])


@dataclass
class Ground:
    """What a disturbed hub stands on."""

    folder: Path
    postgres: EmbeddedPostgres
    proxy: Proxy
    source: Source
    shop_port: int
    hub: Hub
    database: Database
    desk: Desk
    shop: subprocess.Popen[bytes] | None = None

    def open_shop(self) -> None:
        """Start the source's process."""
        command = [sys.executable, "-m", "tests.faults.source", str(self.source.file.parent), "--port"]
        self.shop = subprocess.Popen([*command, str(self.shop_port)])

    def close_shop(self) -> None:
        """Kill it."""
        if self.shop is not None:
            self.shop.send_signal(signal.SIGKILL)
            self.shop.wait()

    async def shop_answers(self) -> None:
        """Return when it does."""

        async def answered() -> bool:
            async with httpx2.AsyncClient() as client:
                try:
                    await client.get(f"http://127.0.0.1:{self.shop_port}/customers", params={"size": "1"})
                except httpx2.TransportError:
                    return False
            return True

        await until(answered, what="the source answers")


@asynccontextmanager
async def ground(folder: Path) -> AsyncIterator[Ground]:
    """A server, a road to the broker, a source and a hub without workers; whatever happens, all of it ends."""
    broker = urlsplit(RABBITMQ)
    proxy = Proxy(broker.hostname or "127.0.0.1", broker.port or 5672)
    await proxy.start()
    postgres = EmbeddedPostgres(folder / "postgres", durable=False, tcp_port=free_port(), shared_buffers_mb=32)
    await asyncio.to_thread(postgres.start)
    (folder / "shop").mkdir()
    shop_port = free_port() or 0
    credentials = f"{broker.username or 'guest'}:{broker.password or 'guest'}"
    broker_url = f"amqp://{credentials}@127.0.0.1:{proxy.port}{broker.path}"
    hub = Hub(folder / "hub", postgres, "hub", broker_url, shop_port)
    await hub.install(real_time=False)
    database = Database(open_engine(hub.url))
    made = Ground(folder, postgres, proxy, Source(folder / "shop"), shop_port, hub, database, hub.desk)
    try:
        yield made
    finally:
        await asyncio.to_thread(hub.dismiss)
        await asyncio.to_thread(hub.leave_broker)
        made.close_shop()
        await database.aclose()
        await proxy.stop()
        await asyncio.to_thread(postgres.stop)
