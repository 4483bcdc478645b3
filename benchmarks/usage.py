"""What a process uses, as Linux counts it (proc(5))."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


def cpu_s(pid: int) -> float:
    """Seconds of CPU so far, its own and those of children that have ended."""
    return sum(int(ticks) for ticks in _stat(Path(f"/proc/{pid}"))[11:15]) / _TICKS


def family_cpu_s(pid: int) -> float:
    """The same with its living children: a PostgreSQL server with its connections."""
    living = [fields for one in Path("/proc").glob("[0-9]*") if (fields := _stat_of_any(one)) is not None]
    return cpu_s(pid) + sum(sum(map(int, fields[11:13])) for fields in living if int(fields[1]) == pid) / _TICKS


def rss_mib(pid: int) -> float:
    """Resident memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / 2**20


def _stat(process: Path) -> list[str]:
    """The fields behind the name, which may hold spaces."""
    return (process / "stat").read_text().rpartition(")")[2].split()


def _stat_of_any(process: Path) -> list[str] | None:
    """None when it has ended meanwhile."""
    try:
        return _stat(process)
    except (FileNotFoundError, ProcessLookupError):
        return None
