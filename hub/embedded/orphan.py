"""Pid files that stay true after a crash: they know a process by its birth, not by its number alone.

A number is given to another process sooner or later; a birth is not. So an orphan of a killed run is
recognised for certain, and a stranger who inherited its number is never signalled.
"""

import json
import logging
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from hub.errors import Conflict, Transient

log = logging.getLogger(__name__)

POLL_S = 0.02


@dataclass(frozen=True)
class StopStep:
    """A signal, and how long to wait for its effect before the next one; SIGKILL follows the last."""

    signal: signal.Signals
    patience_s: float


@dataclass(frozen=True)
class PidRecord:
    """A started process and the process that owns it, each with its birth."""

    pid: int
    birth: str
    owner: int
    owner_birth: str

    def to_json(self) -> str:
        """As the pid file holds it."""
        return json.dumps(asdict(self))


def birth_of(pid: int) -> str | None:
    """When `pid` was born, exact and unique on this machine, or None if it is no longer (or only a zombie).

    On Linux clock ticks since boot with the boot's id (proc(5), field 22), which no change of the clock
    moves; elsewhere the start time that ps(1) tells.
    """
    proc = Path("/proc")
    if (proc / "self").exists():
        try:
            fields = (proc / str(pid) / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        boot = (proc / "sys/kernel/random/boot_id").read_text().strip()
        return None if fields[0] in "ZX" else f"{boot}:{fields[19]}"
    told = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return told.stdout.strip() or None


def write_record(path: Path, pid: int) -> None:
    """Record `pid` as ours. A process that has gone already leaves no record."""
    birth, owner_birth = birth_of(pid), birth_of(os.getpid())
    if birth is None or owner_birth is None:
        return
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(PidRecord(pid, birth, os.getpid(), owner_birth).to_json())
    fresh.replace(path)


def read_record(path: Path) -> PidRecord | None:
    """The last record, of a process that may long be gone; None when there is none."""
    return PidRecord(**json.loads(path.read_text())) if path.exists() else None


def stop_orphan(name: str, path: Path, steps: Sequence[StopStep]) -> None:
    """End what an earlier run left behind, as `path` records it; nothing left behind is the usual case.

    Raises Conflict, naming the owner, when the owner still runs: then it is no orphan.
    """
    record = read_record(path)
    if record is None or birth_of(record.pid) != record.birth:
        return
    if birth_of(record.owner) == record.owner_birth:
        raise Conflict(f"{name} already runs as process {record.pid}, started by process {record.owner}")
    log.warning("stopping %s, process %d: process %d left it behind", name, record.pid, record.owner)
    end_recorded(name, path, steps)


def end_recorded(name: str, path: Path, steps: Sequence[StopStep]) -> None:
    """End the recorded process, whoever owns it, and return when it is gone; it usually has gone already."""
    record = read_record(path)
    if record is None:
        return
    for step in (*steps, StopStep(signal.SIGKILL, 5.0)):
        if birth_of(record.pid) == record.birth:
            with suppress(ProcessLookupError):
                os.kill(record.pid, step.signal)
        deadline = time.monotonic() + step.patience_s
        while time.monotonic() < deadline:
            if birth_of(record.pid) != record.birth:
                return
            time.sleep(POLL_S)
    raise Transient(f"{name}, process {record.pid}, does not stop")
