"""`make demo` as a newcomer runs it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from examples.demo.tryton.seed.story import CRM_NAME, WRONG_EMAIL
from hub.embedded.ready import LOOPBACK, free_port
from tests.tryton_ground import DEMO_FOLDER

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("demo_folder")]
ROOT = Path(__file__).parents[2]

START = [sys.executable, "-m", "examples.demo", "--data-dir", str(DEMO_FOLDER)]
IN_THE_BACKGROUND = ["sh", "-c", "trap '' INT; exec \"$@\"", "sh"]
"""A shell ignores SIGINT for what it starts with `&`, and the program inherits that."""
NEWCOMER = {key: value for key, value in os.environ.items() if not key.startswith("HUB_")}


def run_demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`make demo` without its set-up, which the suite's own environment has had; output of both streams."""
    return subprocess.run(
        [*START, *arguments],
        cwd=ROOT,
        env=NEWCOMER,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
    )


@contextmanager
def serving_demo() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A demo that serves, and the URL of its API; killed at the end if it still runs."""
    demo = subprocess.Popen(
        [*IN_THE_BACKGROUND, *START, "--port", "0"],
        cwd=ROOT,
        env=NEWCOMER,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        if demo.stdout is None:
            raise AssertionError("the output is a pipe")
        printed = ""
        for line in demo.stdout:
            printed += line
            if line.startswith("Serving."):
                break
        url = re.search(r"http://\S+/graphql", printed)
        if url is None:
            pytest.fail(printed)
        yield demo, url[0]
    finally:
        demo.kill()
        demo.communicate()


def test_once_prints_the_view_and_ends_well_twice() -> None:
    for _ in range(2):
        done = run_demo("--once", "--port", "0")
        assert done.returncode == 0, done.stdout
        assert CRM_NAME in done.stdout
        assert WRONG_EMAIL in done.stdout
        assert '"system": "lms"' in done.stdout
        assert '"valueClass": "A"' in done.stdout
        assert '"kind": "HOUSEHOLD"' in done.stdout


def test_a_taken_port_is_a_clear_word() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        assert free_port(port) is None
        done = run_demo("--once", "--port", str(port))
    assert done.returncode == 1
    assert f"port {port} is taken by another program; choose another" in done.stdout


def test_a_second_start_says_who_has_the_folder_and_disturbs_nobody() -> None:
    with serving_demo() as (demo, url):
        second = run_demo("--once", "--port", "0")
        assert second.returncode == 1
        assert f"in use by process {demo.pid}; stop that one first" in second.stdout
        assert httpx2.get(url.replace("/graphql", "/readyz")).status_code == 200


def test_ctrl_c_stops_everything_that_was_started() -> None:
    with serving_demo() as (demo, url):
        demo.send_signal(signal.SIGINT)
        rest, _ = demo.communicate(timeout=60)
    assert demo.returncode in (0, 130), rest
    assert not (DEMO_FOLDER / "postgres" / "cluster" / "postmaster.pid").exists()
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(url)


def test_after_a_kill_the_next_start_works() -> None:
    with serving_demo() as (demo, _):
        demo.kill()
        demo.wait()
    done = run_demo("--once", "--port", "0")
    assert done.returncode == 0, done.stdout
    assert CRM_NAME in done.stdout
