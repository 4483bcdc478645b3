"""The example clients, built and run as their readers would, through connections that break."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from hub.access.principal import Role
from hub.entrypoints.asgi.documents import read_manifest
from hub.live.changes import Change
from hub.live.publish import publish
from hub.store.engine import Database
from tests.conformance.clients import install
from tests.faults.proxy import Proxy
from tests.schema.company import NOW, Person, add_person, add_systems, uid
from tests.schema.serving import listening_api

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("node")]

ROOT = Path(__file__).parents[2]
FRONTEND = ROOT / "examples" / "frontend"
FOLDER = Path(os.environ.get("HUB_TEST_NODE", ROOT / ".hub" / "tests" / "node")).with_name("frontend")
PHONE = "+31612345678"
ANNA = uid("Anna Bakker")
CHANGED = "CustomerAttributeValueChangeEvent"


@pytest.fixture(scope="session")
def frontend(node: Path) -> Path:
    """The TypeScript client with its types generated from the schema, compiled."""
    install(FRONTEND, FOLDER)
    for name in ("tsconfig.json", "codegen.ts"):
        shutil.copy(FRONTEND / name, FOLDER / name)
    shutil.copytree(FRONTEND / "src", FOLDER / "src", dirs_exist_ok=True, ignore=shutil.ignore_patterns("gql"))
    environment = {**os.environ, "HUB_SCHEMA": str(ROOT / "schema" / "schema.graphql")}
    built = subprocess.run(["npm", "run", "build"], cwd=FOLDER, env=environment, capture_output=True, check=False)
    assert built.returncode == 0, built.stdout.decode() + built.stderr.decode()
    return FOLDER


@asynccontextmanager
async def behind_a_proxy(database: Database, database_url: str, folder: Path) -> AsyncIterator[tuple[Proxy, str]]:
    """A hub that knows Anna, reached through a proxy; with an agent's token."""
    async with database.transaction() as connection:
        await add_systems(connection)
        await add_person(connection, Person("Anna Bakker", "anna@example.nl", PHONE))
    async with asyncio.timeout(120), listening_api(database_url, folder) as (api, address):
        host, port = address.split(":")
        proxy = Proxy(host, int(port))
        await proxy.start()
        try:
            yield proxy, api.token(Role.AGENT)
        finally:
            await proxy.stop()


async def rename(database: Database, name: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE customer SET name = :n WHERE id = :id"), {"n": name, "id": ANNA})
        await publish(connection, [Change("Customer", str(ANNA), CHANGED)], NOW)


async def lines(*command: str, cwd: Path, **environment: str) -> AsyncGenerator[str, None]:
    """What a client prints, line by line, until it ends well."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, env={**os.environ, **environment}, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async for line in process.stdout:
            yield line.decode().rstrip()
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def hear(client: AsyncGenerator[str, None], proxy: Proxy, database: Database) -> list[str]:
    """The view and the current value; then the connection is cut, and one change comes meanwhile and one behind it."""
    async with aclosing(client):
        heard = [await anext(client), await anext(client)]
        await proxy.cut(0)
        await rename(database, "Anna Jansen")
        heard.append(await anext(client))
        await rename(database, "Anna Visser")
        return heard + [line async for line in client]


EXPECTED = [
    f"Anna Bakker: EMAIL anna@example.nl (crm), PHONE {PHONE} (crm)",
    "CURRENT Anna Bakker",
    f"{CHANGED} Anna Jansen",
    f"{CHANGED} Anna Visser",
]


async def test_the_typescript_client_loses_and_repeats_nothing_over_a_cut(
    frontend: Path, database: Database, database_url: str, tmp_path: Path
) -> None:
    async with behind_a_proxy(database, database_url, tmp_path) as (proxy, token):
        url = f"http://127.0.0.1:{proxy.port}/graphql"
        client = lines("node", "dist/main.js", PHONE, "3", cwd=frontend, HUB_URL=url, HUB_TOKEN=token)
        assert await hear(client, proxy, database) == EXPECTED


async def test_the_python_client_loses_and_repeats_nothing_over_a_cut(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async with behind_a_proxy(database, database_url, tmp_path) as (proxy, token):
        command = (sys.executable, "-m", "examples.python_client", PHONE, "3")
        url = f"http://127.0.0.1:{proxy.port}"
        assert await hear(lines(*command, cwd=ROOT, HUB_URL=url, HUB_TOKEN=token), proxy, database) == EXPECTED


def test_the_generated_manifest_is_one_that_the_hub_trusts(frontend: Path) -> None:
    documents = read_manifest(frontend / "src" / "gql" / "persisted-documents.json")
    assert sorted(text.split("(")[0] for text in documents.values()) == ["query View", "subscription Follow"]
