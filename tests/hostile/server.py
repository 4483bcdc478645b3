"""One `hub serve` process over a test database, and a client that is served beside the hostile ones."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import quantiles

import httpx2

from hub.clock import utc_now
from hub.embedded.ready import free_port
from tests.access.issuing import AGENT, AUDIENCE, ISSUER, RSA, seconds, token
from tests.waiting import until

HUB_YAML = """
company: Test
systems: {crm: {adapter: memory, roles: [CRM]}}
flows: {}
"""
ASK = "{ customers(first: 5) { edges { node { id name } } } }"


@dataclass(frozen=True)
class Hub:
    """A running server: `url`, `host:port`, its process id and a good token."""

    port: int
    pid: int
    http: httpx2.AsyncClient
    token: str

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def ask(self, document: str = ASK, variables: object = None) -> httpx2.Response:
        """The answer to one document under a good token."""
        headers = {"authorization": f"Bearer {self.token}"}
        return await self.http.post("/graphql", json={"query": document, "variables": variables}, headers=headers)

    async def serves(self) -> None:
        """Fails unless an ordinary caller is answered."""
        answer = await self.ask()
        assert answer.status_code == 200, answer.text
        assert "errors" not in answer.json()

    async def latencies_ms(self, count: int) -> list[float]:
        """Of ordinary requests, one after the other."""
        found = []
        for _ in range(count):
            started = time.perf_counter()
            await self.serves()
            found.append((time.perf_counter() - started) * 1000)
        return found

    def memory_mb(self) -> float:
        """Resident memory of the server process."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def p99(latencies_ms: list[float]) -> float:
    return quantiles(latencies_ms, n=100)[98]


@asynccontextmanager
async def hub_process(database_url: str, folder: Path) -> AsyncIterator[Hub]:
    """Serving until the end of the block; its limits are the defaults."""
    (folder / "hub.yaml").write_text(HUB_YAML, encoding="utf-8")
    (folder / "keys.pem").write_bytes(RSA.as_pem(private=False))
    port = free_port(0) or 0
    environment = {
        **os.environ,
        "HUB_CONFIG": str(folder / "hub.yaml"),
        "HUB_DATA_DIR": str(folder / "data"),
        "HUB_DATABASE_URL": database_url,
        "HUB_MASTER_KEY": b64encode(b"k" * 32).decode(),
        "HUB_OIDC_ISSUER": ISSUER,
        "HUB_OIDC_AUDIENCE": AUDIENCE,
        "HUB_JWT_PUBLIC_KEY_FILE": str(folder / "keys.pem"),
        "HUB_LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "-m", "hub.entrypoints.cli", "serve", "--port", str(port)]
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.DEVNULL)
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
            await until(lambda: _ready(http), 60, "readiness")
            yield Hub(port, process.pid, http, bearer_of("agent-7"))
    finally:
        process.terminate()
        await process.wait()


def bearer_of(subject: str) -> str:
    """A good token of a channel's server, for two hours."""
    end = seconds(utc_now() + timedelta(hours=2))
    return token({**AGENT, "sub": subject, "aud": AUDIENCE, "exp": end, "iat": end - 7200, "roles": ["frontend"]})


async def _ready(http: httpx2.AsyncClient) -> bool:
    try:
        return (await http.get("/readyz")).status_code == 200
    except httpx2.TransportError:
        return False


async def closed_within(reader: asyncio.StreamReader, seconds_: float) -> bytes:
    """What the server says until it closes the connection; TimeoutError when it does not."""
    said = b""
    async with asyncio.timeout(seconds_):
        while True:
            try:
                piece = await reader.read(65_536)
            except ConnectionError:
                return said
            if not piece:
                return said
            said += piece


Attack = Callable[[Hub], Awaitable[None]]
