"""Waiting for processes that are not our children."""

import os
import select
import subprocess
import sys
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
