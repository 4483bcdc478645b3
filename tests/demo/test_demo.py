"""`make demo` as a newcomer runs it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from examples.demo.tryton.seed.story import CRM_NAME, WRONG_EMAIL
from hub.embedded.ready import LOOPBACK, free_port

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".hub" / "tests" / "demo"


def run_demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`make demo` without its set-up, which the suite's own environment has had; output of both streams."""
    return subprocess.run(
        [sys.executable, "-m", "examples.demo", *arguments],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if not key.startswith("HUB_")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
    )


def test_once_prints_the_view_and_ends_well_twice() -> None:
    for _ in range(2):
        done = run_demo("--once", "--port", "0", "--data-dir", str(CACHE))
        assert done.returncode == 0, done.stdout
        assert CRM_NAME in done.stdout
        assert WRONG_EMAIL in done.stdout
        assert '"system": "lms"' in done.stdout


def test_a_taken_port_is_a_clear_word() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        assert free_port(port) is None
        done = run_demo("--once", "--port", str(port), "--data-dir", str(CACHE))
    assert done.returncode == 1
    assert f"port {port} is taken by another program; choose another" in done.stdout
