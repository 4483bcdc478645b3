"""The servers that are compared: each a process of its own that prints or is given its address."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx2
from joserfc import jwt
from joserfc.jwk import RSAKey

from benchmarks.graphql.company import FOLDER, customer_id

ROOT: Final = FOLDER.parents[1]
NODE: Final = ROOT / ".hub" / "bench" / "node"
READY_S: Final = 180
"""A server that is started for the first time reads some hundred megabytes of packages from the disk."""
ISSUER: Final = "https://login.example"
BARE: Final = "bare statement"
ON_NODE: Final = ("mercurius, one statement", "mercurius", "graphql-yoga", "PostGraphile")
OWN: Final = 10
"""The customer who asks for himself."""


@dataclass(frozen=True)
class Server:
    """`documents` is the folder of what it is asked; `token`, `own`, `purpose` and `session` are for the hub alone."""

    name: str
    url: str
    documents: Path = FOLDER / "documents"
    raw_ids: bool = False
    token: str | None = None
    own: int | None = None
    purpose: str | None = None
    session: str | None = None


def install_peers() -> None:
    """The Node servers and, for PostGraphile, the Node it asks for; once, from the lock file."""
    lock = FOLDER / "node" / "package-lock.json"
    NODE.mkdir(parents=True, exist_ok=True)
    installed = NODE / "installed.json"
    if not installed.exists() or installed.read_bytes() != lock.read_bytes():
        print("Installing the Node servers into .hub/bench/node ...", flush=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(FOLDER / "node" / name, NODE / name)
        subprocess.run(["npm", "ci", "--loglevel=error"], cwd=NODE, check=True)
        shutil.copy(lock, installed)
    for script in (FOLDER / "node").glob("*.mjs"):
        shutil.copy(script, NODE / script.name)


def is_wanted(name: str, only: Sequence[str]) -> bool:
    """Whether a server is to be measured; `only` are beginnings of names, none means all."""
    return not only or name == BARE or any(name.startswith(each) for each in only)


@asynccontextmanager
async def peers(dsn: str, only: Sequence[str] = ()) -> AsyncIterator[list[Server]]:
    """All that are wanted but the hub, running; the bare statement first."""
    environment = {
        **os.environ,
        "DATABASE_URL": dsn,
        "SCHEMA": str(ROOT / "schema" / "schema.graphql"),
        "STATEMENTS": str(FOLDER / "statements"),
        "NODE_ENV": "production",
        "GRAPHILE_ENV": "production",
    }
    python = [sys.executable, "-m"]
    node = [str(NODE / "node_modules" / ".bin" / "node")]
    commands: Mapping[str, list[str]] = {
        BARE: [*python, "benchmarks.graphql.bare", dsn],
        "mercurius, one statement": [*node, str(NODE / "mercurius_one_statement.mjs")],
        "mercurius": [*node, str(NODE / "mercurius.mjs")],
        "graphql-yoga": [*node, str(NODE / "yoga.mjs")],
        "PostGraphile": [*node, str(NODE / "postgraphile.mjs")],
        "strawberry": [*python, "benchmarks.graphql.plain_strawberry", dsn],
    }
    running: list[asyncio.subprocess.Process] = []
    servers: list[Server] = []
    try:
        for name, command in commands.items():
            if not is_wanted(name, only):
                continue
            process = await asyncio.create_subprocess_exec(
                *command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            running.append(process)
            address = await _first_line(process, name)
            own_schema = name == "PostGraphile"
            documents = FOLDER / "documents" / ("postgraphile" if own_schema else "")
            servers.append(Server(name, f"{address}/graphql", documents, raw_ids=own_schema))
        yield servers
    finally:
        for process in running:
            process.kill()
            await process.wait()


@asynccontextmanager
async def the_hub(dsn: str, folder: Path, kept_mb: int = 64) -> AsyncIterator[list[Server]]:
    """One `hub serve` as in production, asked by an agent and by a customer for himself; `kept_mb` 0: as of the first
    look, every time."""
    key = RSAKey.generate_key(2048, {"kid": "bench"})
    (folder / "key.pem").write_bytes(key.as_pem(private=False))
    port = _free_port()
    environment = {
        **os.environ,
        "HUB_CONFIG": str(FOLDER / "hub.yaml"),
        "HUB_DATA_DIR": str(folder),
        "HUB_DATABASE_URL": dsn,
        "HUB_MASTER_KEY": b64encode(b"k" * 32).decode(),
        "HUB_OIDC_ISSUER": ISSUER,
        "HUB_JWT_PUBLIC_KEY_FILE": str(folder / "key.pem"),
        "HUB_LOG_LEVEL": "WARNING",
        "HUB_KEPT_ANSWERS_MB": str(kept_mb),
    }
    command = [sys.executable, "-m", "hub.entrypoints.cli", "serve", "--port", str(port)]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        await _ready(process, url)
        own = str(customer_id(OWN))
        when = "" if kept_mb else ", made anew"
        yield [
            Server(f"hub, an agent{when}", f"{url}/graphql", token=_token(key, {"sub": "agent-7", "roles": ["agent"]})),
            Server(
                f"hub, a customer's own{when}",
                f"{url}/graphql",
                FOLDER / "documents" / "own",
                token=_token(key, {"sub": "customer", "roles": ["customer"], "customer_id": own}),
                own=OWN,
            ),
        ]
    finally:
        process.terminate()
        await process.wait()


def _token(key: RSAKey, claims: Mapping[str, object]) -> str:
    end = int((datetime.now(UTC) + timedelta(hours=12)).timestamp())
    all_of_them = {"iss": ISSUER, "aud": "contacthub", "exp": end, **claims}
    return jwt.encode({"alg": "RS256", "kid": key.kid}, all_of_them, key)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


async def _first_line(process: asyncio.subprocess.Process, name: str) -> str:
    if process.stdout is None:
        raise AssertionError("stdout is a pipe")
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), READY_S)).decode().strip()
    except TimeoutError:
        raise SystemExit(f"{name} did not start within {READY_S} seconds") from None
    if not line:
        raise SystemExit(f"{name} did not start")
    return line


async def _ready(process: asyncio.subprocess.Process, url: str) -> None:
    async with asyncio.timeout(READY_S), httpx2.AsyncClient() as client:
        while process.returncode is None:
            try:
                if (await client.get(f"{url}/readyz")).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            await asyncio.sleep(0.1)
    raise SystemExit("hub serve did not start")
