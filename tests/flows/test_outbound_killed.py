"""A process that sends a weekly batch is killed again and again: each command is in exactly one file."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest
from sqlalchemy import text

from hub.exchange.want import NewObject, want_create
from hub.records.identity import Entity
from hub.store.engine import Database
from tests.flows.building import at
from tests.flows.engine import state_of
from tests.flows.outbound import declare_outbound, ordered_run, renamed
from tests.flows.outbound_process import BATCH_SIZE, WEEKLY
from tests.flows.test_create import SANNE
from tests.waiting import until

OBJECTS = 240
KILLS = 4


def started(command: Sequence[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command)


def killed(process: subprocess.Popen[bytes]) -> int:
    """How it ended."""
    process.kill()
    return process.wait(30)


async def settled(database: Database) -> int:
    async with database.reading() as connection:
        count: int = await connection.scalar(
            text("SELECT count(*) FROM outbound_command WHERE state NOT IN ('COLLECTED', 'PENDING')")
        )
        return count


def keys_in(folder: Path) -> Counter[str]:
    lines = [line for file in folder.glob("outbox/*/commands.jsonl") for line in file.read_bytes().splitlines()]
    return Counter(orjson.loads(line)["key"] for line in lines)


@pytest.mark.slow
async def test_each_command_is_in_exactly_one_file_however_often_the_sender_dies(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    await declare_outbound(database, WEEKLY)
    for number in range(OBJECTS):
        await renamed(database, str(number), "A", "B")
        await renamed(database, str(number), "B", "C")
    async with database.transaction() as connection:
        for number in range(OBJECTS):
            await want_create(connection, NewObject("crm", Entity.CUSTOMER, f"lead/{number}", "leads"), SANNE, at(0))
    run = await ordered_run(database)
    command = [sys.executable, "-m", "tests.flows.outbound_process", database_url, str(tmp_path), str(run)]
    dice = random.Random(os.environ.get("HUB_TEST_SEED", "7"))
    for _ in range(KILLS):
        goal = await settled(database) + dice.randint(1, 2 * BATCH_SIZE)
        process = started(command)

        async def reached(goal: int = goal, process: subprocess.Popen[bytes] = process) -> bool:
            return process.poll() is not None or await settled(database) >= goal

        await until(reached, what="the sender is in the middle")
        assert killed(process) == -signal.SIGKILL
    assert await asyncio.to_thread(started(command).wait, 60) == 0
    assert await state_of(database, run) == "COMPLETED"
    wanted = [f"crm/customer/{number}/1-2" for number in range(OBJECTS)] + [f"lead/{n}" for n in range(OBJECTS)]
    assert keys_in(tmp_path) == Counter(wanted)
