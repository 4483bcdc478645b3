"""`hub audit verify`, as an operator runs it."""

from __future__ import annotations

import asyncio
import os
import sys
from base64 import b64encode
from pathlib import Path

import pytest

from hub.store.engine import Database
from tests.store.test_audit import change, sealed

pytestmark = pytest.mark.slow


async def verify(database_url: str, folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Status, output and errors of the command."""
    environment = os.environ | {
        "HUB_DATABASE_URL": database_url,
        "HUB_MASTER_KEY": b64encode(b"k" * 32).decode(),
        "HUB_DATA_DIR": str(folder),
    }
    command = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hub.entrypoints.cli", "audit", "verify", *arguments),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await command.communicate()
    return command.returncode or 0, output.decode(), errors.decode()


async def test_it_passes_a_whole_chain_and_names_a_tampered_row(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    await sealed(database)
    status, output, errors = await verify(database_url, tmp_path)
    assert (status, errors) == (0, "")
    summary, end = output.splitlines()
    assert summary == "6 events under 3 seals, 1 not sealed yet; nothing found"
    assert (await verify(database_url, tmp_path, "--known", end))[:2] == (0, output)

    await change(database, "UPDATE audit_event SET principal = 'nobody' WHERE id = 3")
    status, output, _ = await verify(database_url, tmp_path, "--known", f"3:{'00' * 32}")
    assert status == 1
    assert output.splitlines() == [
        "✗ event 3 of 2026-03-02T12:00:03+00:00 was changed after it was sealed",
        "✗ seal 3 is not the one that was known",
        "6 events under 3 seals, 1 not sealed yet; 2 found",
    ]


async def test_an_end_that_is_none_is_refused(database: Database, database_url: str, tmp_path: Path) -> None:
    status, _, errors = await verify(database_url, tmp_path, "--known", "yesterday")
    assert status == 1
    assert errors == "INVALID --known is NUMBER:DIGEST, as an earlier verification printed it last\n"
