"""Two processes on one folder, and one that is killed."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

import orjson
import pytest

from hub.records.source import JsonObject
from tests.adapters.files.drops import BEGAN, CUSTOMER, content_of, deliver, open_port, pull_one
from tests.contracts.runs import pull_on


class Page(TypedDict):
    ids: list[str]
    cursor: JsonObject


pytestmark = pytest.mark.slow


@contextmanager
def _reader(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.adapters.files.reader", str(folder), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert _line(process) == "ready"
            yield process
        finally:
            process.kill()


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def _first_page(process: subprocess.Popen[str]) -> Page:
    """Let the reader claim the delivery and read one page of it; it then waits."""
    _go(process)
    _go(process)
    page: Page = orjson.loads(_line(process))
    return page


def _deliver_days(folder: Path, days: int) -> None:
    for day in range(1, days + 1):
        content = b"id\n" + b"".join(f"{day}-{number}\n".encode() for number in range(5))
        deliver(folder, f"day-{day:02}", {"customer.csv": (5, content)}, began=BEGAN.replace(day=day))


def test_two_processes_racing_read_each_delivery_once(tmp_path: Path) -> None:
    _deliver_days(tmp_path, 20)

    with _reader(tmp_path) as first, _reader(tmp_path) as second:
        _go(first)
        _go(second)
        outputs = [process.communicate(timeout=60)[0] for process in (first, second)]
        assert [first.returncode, second.returncode] == [0, 0]

    read = Counter(one for output in outputs for line in output.splitlines() for one in orjson.loads(line)["ids"])
    assert read == Counter(f"{day}-{number}" for day in range(1, 21) for number in range(5))
    assert len(content_of(tmp_path)) == 40
    assert all(path.startswith("done/") for path in content_of(tmp_path))


async def test_a_run_killed_in_the_middle_goes_on_behind_its_last_page(tmp_path: Path) -> None:
    _deliver_days(tmp_path, 1)
    with _reader(tmp_path, "step") as process:
        committed = _first_page(process)
        process.kill()
        process.wait()

    port = open_port(tmp_path)
    rest = await pull_on(port, CUSTOMER, committed["cursor"], 2)
    await port.finished(CUSTOMER, rest.cursor)

    assert committed["ids"] + rest.ids() == [f"1-{number}" for number in range(5)]
    assert content_of(tmp_path) == ["done/day-01/customer.csv", "done/day-01/manifest.json"]


async def test_a_delivery_claimed_by_a_killed_process_is_taken_over_at_once(tmp_path: Path) -> None:
    _deliver_days(tmp_path, 2)
    with _reader(tmp_path, "step") as process:
        _first_page(process)
        process.kill()
        process.wait()

    port = open_port(tmp_path)
    first, second = await pull_one(port), await pull_one(port)

    assert first.ids() == [f"1-{number}" for number in range(5)]
    assert second.ids() == [f"2-{number}" for number in range(5)]
