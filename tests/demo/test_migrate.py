"""docs/migrate.md as a newcomer follows it: another terminal beside the running demonstration."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text

from hub.reads.migrations import latest_migrations, windows_of
from hub.store.engine import Database, open_engine
from tests.demo.test_demo import NEWCOMER, ROOT, serving_demo
from tests.tryton_ground import DEMO_FOLDER
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("demo_folder")]
FLOW = "lms-customers"
STRANGER = "40"
"""A party that lead management alone knows: its name there is its name in the hub."""


def ran(*command: str) -> subprocess.CompletedProcess[str]:
    """A command in a shell that has sourced the demonstration's environment."""
    return subprocess.run(
        ["bash", "-c", f"source {shlex.quote(str(DEMO_FOLDER / 'env'))} && {shlex.join(command)}"],
        cwd=ROOT,
        env=NEWCOMER | {"COLUMNS": "118"},
        capture_output=True,
        text=True,
        timeout=120,
    )


def shell(*command: str) -> str:
    """What a command prints that must succeed."""
    done = ran(*command)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def left_by_an_earlier_run_is_over() -> None:
    """The demonstration's data are kept between sessions, and one may have ended in the middle."""
    if ran("hub", "migration", "abort", FLOW).returncode != 0:
        ran("hub", "migration", "rollback", FLOW, "--reason", "the test was interrupted")


def migration() -> dict[str, Any]:  # Any: the JSON that `status --json` prints
    shown: dict[str, Any] = json.loads(shell("hub", "migration", "status", FLOW, "--json"))
    return shown


@asynccontextmanager
async def demo_database() -> AsyncIterator[Database]:
    database = Database(open_engine((DEMO_FOLDER / "database.url").read_text(encoding="utf-8"), pool_size=1))
    try:
        yield database
    finally:
        await database.aclose()


async def reaches(state: str, windows: int) -> dict[str, Any]:
    """What `status` shows once it is so. Waited for in the database: a command takes longer to start than to answer."""
    async with demo_database() as database:

        async def there() -> bool:
            async with database.transaction() as connection:
                row = (await latest_migrations(connection, [FLOW]))[FLOW]
                found = await windows_of(connection, row.id, last=windows + 1)
            return (row.state, len([window for window in found if window.clean is not None])) == (state, windows)

        await until(there, timeout_s=120, what=f"{state} with {windows} windows")
    return migration()


async def renamed_and_seen(rename: Callable[[], object]) -> None:
    """Until the new lane, which polls, has the new name: the daily run that follows at once here comes a day later."""
    versions = text(
        """SELECT count(*) FROM shadow_version v JOIN lane l ON l.id = v.lane_id
           WHERE l.flow = :flow AND v.external_id = :stranger"""
    )
    async with demo_database() as database:

        async def kept() -> int:
            async with database.transaction() as connection:
                count: int = await connection.scalar(versions, {"flow": FLOW, "stranger": STRANGER})
            return count

        before = await kept()
        rename()

        async def there() -> bool:
            return await kept() > before

        await until(there, timeout_s=60, what="the new lane has seen the new name")


async def test_a_flow_moves_to_real_time_and_back_by_the_commands_of_the_guide() -> None:
    rename = ("python", "-m", "examples.demo.rename", "--data-dir", str(DEMO_FOLDER), "--in", "lms", STRANGER)
    steer: Callable[..., str] = lambda *words: shell("hub", "migration", words[0], FLOW, *words[1:])  # noqa: E731
    with serving_demo():
        assert (DEMO_FOLDER / "env").stat().st_mode & 0o777 == 0o600
        left_by_an_earlier_run_is_over()
        name = shell(*rename).splitlines()[0]
        assert "the old lane as auditor finds them" in steer("plan", "--to", "REAL_TIME")
        assert "is SEEDING" in steer("start")
        await reaches("SHADOW", 0)
        try:
            shell("hub", "run", FLOW)
            await renamed_and_seen(lambda: shell(*rename, f"{name} II"))
            await reaches("SHADOW", 1)
            assert "1 changed" in shell("hub", "run", FLOW)
            shell("hub", "run", FLOW)
            gated = await reaches("GATED", 3)
            assert [gate["name"] for gate in gated["gates"] if not gate["ok"]] == []
            assert gated["windows"][1]["freshness_median_s"] > 0
            digest = re.search(r"digest ([0-9a-f]{64})", steer("status"))
            assert digest
            assert "is APPROVED" in steer("approve", "--digest", digest[1])
            assert "is CUTTING_OVER" in steer("cutover")
            await reaches("OBSERVING", 3)
            assert re.search(rf"{FLOW} .* REAL_TIME by", shell("hub", "flows"))
        finally:
            shell(*rename, name)
        shell("hub", "run", FLOW, "--lane", "DAILY")
        audited = await reaches("OBSERVING", 4)
        assert (audited["windows"][-1]["audit"], audited["windows"][-1]["clean"]) == (True, True)
        assert "is ROLLING_BACK" in steer("rollback", "--reason", "a rehearsal")
        await reaches("ROLLED_BACK", 4)
        assert re.search(rf"RECORD .* {STRANGER} .* name", steer("undo"))
        steer("evidence", "--verify")
        assert re.search(rf"{FLOW} .* DAILY", shell("hub", "flows"))
