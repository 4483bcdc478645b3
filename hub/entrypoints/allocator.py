"""The C library's allocator in a process that stays."""

from __future__ import annotations

import ctypes
import os
from typing import Final

LARGE: Final = 128 * 1024
"""From so many bytes on a block is mapped by itself; glibc's own value at the start (mallopt(3))."""
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_OPERATORS: Final = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES")


def give_large_blocks_back() -> None:
    """Call it once in a process that stays: a freed block of LARGE or more goes back to the system at once.

    glibc raises its threshold to the largest block that was freed, and from then on pages, exports and answers lie
    among what lives long: the process keeps the gaps, and grows for hours while nothing in it does. What an operator
    set in the environment stands. Nothing is done where the C library is another.
    """
    if any(os.environ.get(name) for name in _OPERATORS):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:
        return
    mallopt(_M_MMAP_THRESHOLD, LARGE)
    mallopt(_M_TRIM_THRESHOLD, LARGE)
