"""Turns at the processor so short that whoever is woken meanwhile soon has it, at little cost to one's share."""

from __future__ import annotations

import ctypes
import os
import platform
import re
import signal
import struct
from typing import Final

SLICE_NS: Final = 100_000
"""The shortest turn that Linux gives; else one is three milliseconds, and whoever gives way goes without as long."""

EVERY_S: Final = 0.00025
"""The kernel looks every few milliseconds who else waits, so a process has to ask by itself."""

_SINCE: Final = (6, 12)
"""The kernel from which on a process may ask for turns of another length."""

_CALL: Final = {"x86_64": 314, "aarch64": 274}
"""sched_setattr(2), for which neither Python nor libc has a function."""

_ATTRIBUTES: Final = struct.Struct("=IIQiIQQQ")
"""struct sched_attr: size, policy, flags, nice, priority, runtime, deadline, period."""


def take_short_turns() -> bool:
    """For the calling process, which keeps its nice value; False where the system has nothing like it."""
    if not are_known():
        return False
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    attributes = _ATTRIBUTES.pack(_ATTRIBUTES.size, os.SCHED_BATCH, 0, nice, 0, SLICE_NS, 0, 0)
    if ctypes.CDLL(None).syscall(_CALL[platform.machine()], 0, attributes, 0):
        return False
    signal.signal(signal.SIGALRM, lambda number, frame: os.sched_yield())
    return True


def are_known() -> bool:
    """Whether the system may have them."""
    release = re.match(r"(\d+)\.(\d+)", platform.release())
    if release is None or platform.system() != "Linux" or platform.machine() not in _CALL:
        return False
    return (int(release[1]), int(release[2])) >= _SINCE


def give_way(every_s: float) -> None:
    """From now on so often; 0 for no longer."""
    signal.setitimer(signal.ITIMER_REAL, every_s, every_s)
