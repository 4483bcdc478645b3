"""Master keys are rotated as an operator does it, while keys are made and persons erased, and killed in the middle."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from hub.settings.environment import Settings
from hub.store.engine import Database
from hub.store.keys import KeyRing
from hub.store.master_key import load_master_keys
from hub.store.rewrap_keys import rewrap_keys, wrapped_by
from hub.store.suppression import suppress, suppressed_among
from hub.store.wrapping import Wrapping
from tests.waiting import until

OLD, NEW = b"o" * 32, b"n" * 32
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PLACE = "somewhere"


async def sealed(database: Database, ring: KeyRing, subjects: list[str]) -> dict[str, bytes]:
    async with database.transaction() as connection:
        ciphers = await ring.ciphers(connection, "crm", subjects, NOW)
    return {subject: cipher.seal(subject.encode(), PLACE) for subject, cipher in ciphers.items()}


async def opened(database: Database, ring: KeyRing, content: dict[str, bytes]) -> dict[str, str]:
    async with database.transaction() as connection:
        ciphers = await ring.ciphers(connection, "crm", content, NOW)
    return {subject: cipher.unseal(content[subject], PLACE).decode() for subject, cipher in ciphers.items()}


async def test_all_keys_come_under_the_first_and_the_erased_stay_erased(database: Database) -> None:
    subjects = [str(number) for number in range(25)]
    content = await sealed(database, KeyRing(OLD), subjects)
    async with database.transaction() as connection:
        await KeyRing(OLD).drop(connection, "crm", ["7"], NOW)
    both = Wrapping([NEW, OLD])
    seen = [batch async for batch in rewrap_keys(database, both, batch=10)]
    assert (sum(looked for looked, _ in seen), sum(anew for _, anew in seen)) == (24, 24)
    assert [anew async for _, anew in rewrap_keys(database, both, batch=10)] == [0, 0, 0]
    async with database.reading() as connection:
        assert await wrapped_by(connection, Wrapping([NEW]), batch=7) == {0: 24}
        erased = await connection.scalar(text("SELECT count(*) FROM subject_key WHERE wrapped IS NULL"))
    del content["7"]
    assert (erased, await opened(database, KeyRing(NEW), content)) == (1, {subject: subject for subject in content})


@pytest.mark.slow
async def test_an_operator_rotates_the_key_although_he_is_interrupted(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    async def hub_keys(key_file: str, *words: str) -> asyncio.subprocess.Process:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        environment |= {"HUB_DATABASE_URL": database_url, "HUB_DATA_DIR": str(tmp_path), "COLUMNS": "200"}
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "hub.entrypoints.cli", "keys", *words),
            env=environment | {"HUB_MASTER_KEY_FILE": key_file},
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def told(key_file: str, *words: str) -> tuple[int | None, str]:
        process = await hub_keys(key_file, *words)
        output, _ = await process.communicate()
        return process.returncode, output.decode()

    def ring(name: str) -> KeyRing:
        return KeyRing(load_master_keys(Settings(master_key_file=tmp_path / name)))

    (tmp_path / "1.key").write_text(b64encode(OLD).decode(), encoding="ascii")
    content = await sealed(database, ring("1.key"), [str(number) for number in range(10_000)])
    async with database.transaction() as connection:
        await suppress(connection, ring("1.key"), [("crm", "gone")], uuid4(), NOW)
    assert (await told("1.key", "promote", "--output", "x.key"))[0] == 1
    assert (await told("1.key", "add", "--output", "2.key"))[0] == 0
    assert (tmp_path / "2.key").stat().st_mode & 0o777 == 0o600
    assert (await told("2.key", "promote", "--output", "3.key"))[0] == 0
    status, output = await told("3.key", "retire", "--output", "4.key")
    assert (status, "10000 data keys lie under other keys" in output) == (1, True), output

    async def begun() -> bool:
        async with database.reading() as connection:
            counts = await wrapped_by(connection, Wrapping(load_master_keys(Settings(master_key_file=three)).keys))
        return counts.get(0, 0) > 0

    three = tmp_path / "3.key"
    process = await hub_keys("3.key", "rewrap")
    await until(begun, what="the first batch")
    process.kill()
    await process.wait()
    # Both files go on in between: one process has been restarted with the new key first, another not yet.
    content |= await sealed(database, ring("2.key"), ["late"])
    assert len(await opened(database, ring("2.key"), content)) == len(await opened(database, ring("3.key"), content))

    status, output = await told("3.key", "rewrap")
    assert (status, "anew; 0 lie under other keys." in output) == (0, True), output
    assert re.search(r"key 1 \(wraps\): 10001 data keys\s+key 2: 0 data keys", (await told("3.key", "status"))[1])
    assert (await told("3.key", "retire", "--output", "4.key"))[0] == 0
    assert (await told("3.key", "retire", "--output", "4.key"))[0] == 1
    assert await opened(database, ring("4.key"), content) == {subject: subject for subject in content}
    async with database.reading() as connection:
        assert await suppressed_among(connection, ring("4.key"), "crm", ["gone", "1"]) == frozenset({"gone"})
