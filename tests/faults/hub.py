"""One hub under test: its files, its database and its processes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

from hub.embedded.postgres import EmbeddedPostgres
from hub.entrypoints.migrating import unconnected_desk
from hub.migration.desk import Desk
from hub.settings.configuration import load_configuration
from hub.store.engine import open_engine
from hub.work.tables import Queue
from migrations.migrate import upgrade
from tests.access.issuing import AUDIENCE, ISSUER, RSA
from tests.faults.company import hub_yaml
from tests.faults.plugin import adapters, install_plugin
from tests.faults.ports import standing_port
from tests.services import RABBITMQ
from tests.webhooks.calls import SECRET
from tests.work.brokers import delete_queues


@dataclass
class Hub:
    """On a database of its own, with worker processes and a web process. `programs` are its systems' addresses."""

    folder: Path
    postgres: EmbeddedPostgres
    name: str
    broker_url: str
    programs: Mapping[str, str]
    prefix: str = field(default_factory=lambda: f"faults-{token_hex(4)}")
    web_port: int = field(default_factory=standing_port)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    web: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self.postgres.tcp(self.name)

    @property
    def webhook(self) -> str:
        """What the branch office's program calls."""
        return f"http://127.0.0.1:{self.web_port}/webhooks/branch"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            **self.programs,
            "PYTHONPATH": str(self.folder / "plugin"),
            "HUB_CONFIG": str(self.folder / "hub.yaml"),
            "HUB_DATA_DIR": str(self.folder / "data"),
            "HUB_DATABASE_URL": self.url,
            "HUB_BROKER_URL": self.broker_url,
            "HUB_BROKER_PREFIX": self.prefix,
            "HUB_MASTER_KEY": b64encode(b"k" * 32).decode(),
            "HUB_OIDC_ISSUER": ISSUER,
            "HUB_OIDC_AUDIENCE": AUDIENCE,
            "HUB_JWT_PUBLIC_KEY_FILE": str(self.folder / "keys.pem"),
            "DROP_FOLDER": str(self.folder / "drop"),
            "BRANCH_SECRET": SECRET,
        }

    @property
    def desk(self) -> Desk:
        """What a person steers migrations with."""
        known = adapters()
        return unconnected_desk(load_configuration(self.folder / "hub.yaml", known, self.environment), known)

    @property
    def log(self) -> Path:
        """What its processes say."""
        return self.folder / "processes.log"

    async def install(self, *, real_time: bool) -> None:
        """Its files and its database at the newest schema."""
        (self.folder / "drop").mkdir(parents=True)
        install_plugin(self.folder / "plugin")
        (self.folder / "hub.yaml").write_text(hub_yaml(real_time=real_time), encoding="utf-8")
        (self.folder / "keys.pem").write_bytes(RSA.as_pem(private=False))
        await asyncio.to_thread(self.postgres.create_database, self.name)
        engine = open_engine(self.url)
        await upgrade(engine)
        await engine.dispose()

    def employ(self, count: int) -> None:
        """Start workers until so many live, and the web process if it does not."""
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        while len(self.workers) < count:
            self.workers.append(self.command("work"))
        if self.web is None or self.web.poll() is not None:
            self.web = self.command("serve", "--port", str(self.web_port))

    def command(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A process of the hub."""
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "hub.entrypoints.cli", *arguments]
            return subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)

    def dismiss(self) -> None:
        """Tell every process to stop and wait for it."""
        processes = [*self.workers, *([] if self.web is None else [self.web])]
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.workers, self.web = [], None

    def leave_broker(self) -> None:
        """Delete its queues there; others use the broker too."""
        delete_queues(RABBITMQ, [f"contacthub.{self.prefix}.{queue}" for queue in Queue])
