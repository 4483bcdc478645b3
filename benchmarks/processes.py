"""An installation of real processes for a benchmark: PostgreSQL, a web process and workers on a broker."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_bytes, token_hex
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import urlsplit

import httpx2
import pika
import redis
from joserfc import jwt
from joserfc.jwk import RSAKey

from benchmarks.usage import cpu_s, family_cpu_s
from hub.access.principal import Role
from hub.embedded.postgres import EmbeddedPostgres
from hub.embedded.ready import free_port
from hub.work.tables import Queue

ISSUER: Final = "https://benchmark.invalid"
AUDIENCE: Final = "contacthub"
URGENT: Final = (Queue.REALTIME, Queue.SYSTEM)
READY_S: Final = 120


@dataclass(frozen=True)
class Installed:
    """A folder with hub.yaml, a database and a prefix on a broker; `environment` is what every process of it needs."""

    folder: Path
    database_url: str
    environment: Mapping[str, str]
    key: RSAKey
    pids: dict[str, int]

    def token(self, *roles: Role) -> str:
        """A bearer token for a day."""
        until = datetime.now(UTC) + timedelta(days=1)
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "benchmark", "exp": int(until.timestamp())}
        return jwt.encode(
            {"alg": "RS256", "kid": self.key.kid}, {**claims, "roles": [str(role) for role in roles]}, self.key
        )

    def cpu_s(self) -> dict[str, float]:
        """Seconds of CPU so far: of PostgreSQL, of each process that runs, and of the caller."""
        used = {"PostgreSQL": family_cpu_s(self.pids["PostgreSQL"]), "benchmark": cpu_s(os.getpid())}
        return used | {name: cpu_s(pid) for name, pid in self.pids.items() if name != "PostgreSQL"}

    def run(self, *command: str) -> None:
        """A command of `hub` that comes to an end."""
        subprocess.run([sys.executable, "-m", "hub.entrypoints.cli", *command], env=self.environment, check=True)

    @contextmanager
    def web(self) -> Iterator[str]:
        """One `hub serve` that is ready; gives its address."""
        address = f"127.0.0.1:{free_port(0)}"
        with self._process("serve", "--port", address.rpartition(":")[2]) as process:
            deadline = time.monotonic() + READY_S
            while not _is_ready(address):
                if time.monotonic() > deadline or process.poll() is not None:
                    raise TimeoutError(f"the web process did not become ready; see {self._show()}")
                time.sleep(0.1)
            yield address

    @contextmanager
    def worker(self, *queues: Queue) -> Iterator[subprocess.Popen[bytes]]:
        """One `hub work` for these queues."""
        with self._process("work", "--queues", ",".join(queues)) as process:
            yield process

    def _show(self) -> str:
        return "".join(log.read_text() for log in self.folder.glob("*.log"))[-2000:]

    @contextmanager
    def _process(self, *command: str) -> Iterator[subprocess.Popen[bytes]]:
        with (self.folder / f"{command[0]}-{token_hex(2)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "hub.entrypoints.cli", *command], env=self.environment, stderr=log, stdout=log
            )
            name = " ".join(command[:1] if command[0] == "serve" else command[2:])
            self.pids[name] = process.pid
            try:
                yield process
            finally:
                del self.pids[name]
                process.terminate()
                process.wait(60)


@contextmanager
def installed(hub_yaml: str, broker_url: str, **environment: str) -> Iterator[Installed]:
    """On a fresh durable PostgreSQL, migrated; its queues are taken off the broker at the end."""
    prefix = f"bench-{token_hex(4)}"
    with TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder) / "postgres") as postgres:
        postgres.create_database("bench")
        pids = {"PostgreSQL": postgres.pid}
        here, key = Path(folder), RSAKey.generate_key(2048, {"kid": "benchmark"})
        (here / "hub.yaml").write_text(hub_yaml, encoding="utf-8")
        (here / "keys.pem").write_bytes(key.as_pem(private=False))
        own = {
            "HUB_CONFIG": str(here / "hub.yaml"),
            "HUB_DATA_DIR": str(here / "data"),
            "HUB_DATABASE_URL": postgres.libpq("bench"),
            "HUB_BROKER_URL": broker_url,
            "HUB_BROKER_PREFIX": prefix,
            "HUB_MASTER_KEY": b64encode(token_bytes(32)).decode(),
            "HUB_OIDC_ISSUER": ISSUER,
            "HUB_OIDC_AUDIENCE": AUDIENCE,
            "HUB_JWT_PUBLIC_KEY_FILE": str(here / "keys.pem"),
            "HUB_LOG_LEVEL": "WARNING",
            "BENCH_FOLDER": str(here),
        }
        company = Installed(here, postgres.libpq("bench"), {**os.environ, **own, **environment}, key, pids)
        company.run("migrate-db")
        try:
            yield company
        finally:
            forget_queues(broker_url, prefix)


def forget_queues(broker_url: str, prefix: str) -> None:
    """Leave nothing of an installation on its broker."""
    names = [f"contacthub.{prefix}.{queue}" for queue in Queue]
    if urlsplit(broker_url).scheme.startswith("redis"):
        with closing(redis.Redis.from_url(broker_url)) as client:
            client.delete(*[f"contacthub:{name}{end}" for name in names for end in ("", ".msgs", ".XQ", ".XQ.msgs")])
        return
    with closing(pika.BlockingConnection(pika.URLParameters(broker_url))) as connection:
        channel = connection.channel()
        for name in names:
            for end in ("", ".DQ", ".XQ"):
                channel.queue_delete(name + end)


def _is_ready(address: str) -> bool:
    try:
        return httpx2.get(f"http://{address}/readyz", timeout=5).status_code == 200
    except httpx2.TransportError:
        return False
