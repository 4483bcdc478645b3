"""Waiting for processes that are not our children."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE_S = 10.0


def has_ended(pid: int) -> bool:
    """Whether the process ends within ten seconds."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return select.select([descriptor], [], [], PATIENCE_S)[0] == [descriptor]
    finally:
        os.close(descriptor)


def freeze(pid: int) -> None:
    """Stop the process and return when each of its threads stands still.

    SIGSTOP reaches one thread first, and until that one has run, the others still do what they wake up for.
    """
    os.kill(pid, signal.SIGSTOP)
    deadline = time.monotonic() + PATIENCE_S
    while any(_state(thread) != "T" for thread in Path(f"/proc/{pid}/task").iterdir()):
        assert time.monotonic() < deadline, f"process {pid} does not stop"
        time.sleep(0.005)


def _state(thread: Path) -> str:
    return (thread / "stat").read_text().rpartition(")")[2].split()[0]


def parent_of(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("PPid:")[2].split()[0])


@dataclass(frozen=True)
class Owner:
    """A hub in a process of its own (owner.py) and the postmaster it started."""

    process: "subprocess.Popen[str]"
    postmaster: int

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def owner_of(data_dir: Path) -> Iterator[Owner]:
    """Its input is closed at the end, which stops it in order unless the test has killed it."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.embedded.owner", str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdout is not None
        yield Owner(process, int(process.stdout.readline()))
