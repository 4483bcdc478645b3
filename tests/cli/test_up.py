"""`hub up` and the commands beside it, as whoever has a folder and nothing else runs them."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from adapters.files import write_export
from examples.files.deliver import LAYOUT
from hub.embedded.ready import free_port
from hub.records.identity import Entity
from tests.cli.company import EXAMPLE, customer
from tests.waiting import until

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Folder:
    """hub.yaml, a drop folder, and what the hub keeps."""

    path: Path

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        own = {"HUB_CONFIG": "hub.yaml", "HUB_DATA_DIR": "data", "DROP_FOLDER": "drop", "COLUMNS": "200"}
        return {**inherited, **own}

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "hub.entrypoints.cli", *words]

    def hub(self, *words: str) -> tuple[int, str]:
        """The exit status of a command and what it printed, its complaints included."""
        done = subprocess.run(
            self.command(*words), cwd=self.path, env=self.environment, capture_output=True, text=True, timeout=120
        )
        return done.returncode, done.stdout + done.stderr

    def token(self, role: str) -> str:
        """As a shell takes it: `hub token ROLE | tail -n 1`."""
        done = subprocess.run(
            self.command("token", role),
            cwd=self.path,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout.splitlines()[-1]

    @asynccontextmanager
    async def up(self, port: int) -> AsyncIterator[subprocess.Popen[bytes]]:
        """`hub up` once it is ready; killed at the end if it still runs."""
        process = await asyncio.to_thread(
            subprocess.Popen, self.command("up", "--port", str(port)), cwd=self.path, env=self.environment
        )

        async def ready() -> bool:
            assert process.poll() is None
            try:
                async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
                    return (await client.get("/readyz")).status_code == 200
            except httpx2.TransportError:
                return False

        try:
            await until(ready, what="hub up")
            yield process
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    shutil.copy(EXAMPLE / "hub.yaml", tmp_path)
    shutil.copytree(EXAMPLE / "mappings", tmp_path / "mappings")
    (tmp_path / "drop").mkdir()
    return Folder(tmp_path)


async def names(port: int, token: str) -> list[str]:
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        answer = await client.post(
            "/graphql",
            json={"query": "{ customers(first: 10) { edges { node { name } } } }"},
            headers={"Authorization": f"Bearer {token}"},
        )
    return sorted(edge["node"]["name"] for edge in answer.json()["data"]["customers"]["edges"])


async def test_one_process_serves_what_a_command_beside_it_pulled_until_it_is_told_to_stop(folder: Folder) -> None:
    port = free_port()
    assert port is not None
    write_export(
        folder.path / "drop",
        Entity.CUSTOMER,
        [customer(1), customer(2)],
        datetime.now(UTC),
        layout=LAYOUT,
        delimiter=";",
    )
    async with folder.up(port) as process:
        status, told = await asyncio.to_thread(folder.hub, "up", "--port", str(port))
        assert (status, f"cannot listen on 127.0.0.1:{port}" in told) == (1, True), told
        status, told = await asyncio.to_thread(folder.hub, "run", "weekly-customers")
        assert (status, "2 created" in told) == (0, True), told
        token = await asyncio.to_thread(folder.token, "frontend")
        assert await names(port, token) == ["Customer 1", "Customer 2"]
        process.send_signal(signal.SIGINT)
        assert await asyncio.to_thread(process.wait, 60) == 0
    assert not (folder.path / "data" / "postgres" / "cluster" / "postmaster.pid").exists()
    assert not (folder.path / "data" / "database.url").exists()


async def test_after_a_kill_the_next_start_works_and_has_kept_its_key(folder: Folder) -> None:
    port = free_port()
    assert port is not None
    async with folder.up(port) as process:
        token = await asyncio.to_thread(folder.token, "frontend")
        process.kill()
        process.wait()
    async with folder.up(port):
        assert await names(port, token) == []


def test_what_the_check_finds_is_told_for_each_system(folder: Folder) -> None:
    assert folder.hub("check")[0] == 0
    shutil.rmtree(folder.path / "drop")
    status, told = folder.hub("check")
    assert (status, "✗ crm: " in told) == (1, True), told


def test_systems_and_flows_are_listed_and_the_database_is_brought_up_to_date_twice(folder: Folder) -> None:
    status, told = folder.hub("systems")
    assert (status, "pull (full)" in told, "Installed adapters: backoffice, bottlecrm, files" in told) == (
        0,
        True,
        True,
    ), told
    status, told = folder.hub("flows")
    assert (status, "WEEKLY 0 6 * * 1" in told) == (0, True), told
    for _ in range(2):
        assert folder.hub("migrate-db") == (0, "The database has the newest schema.\n")
