"""What a process that stays does with large blocks that it no longer needs."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from typing import Final

import pytest

GLIBC: Final = hasattr(ctypes.CDLL(None), "mallopt")
BLOCK: Final = 4 * 1024 * 1024

HELD_AFTER: Final = f"""
import ctypes, sys
from hub.entrypoints.allocator import give_large_blocks_back

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
if sys.argv[1] == "give back":
    give_large_blocks_back()
libc.free(libc.malloc({BLOCK}))
block, between = libc.malloc({BLOCK}), libc.malloc(100_000)
ctypes.memset(block, 1, {BLOCK})
pages = lambda: int(open("/proc/self/statm").read().split()[1]) * 4096
before = pages()
libc.free(block)
print(before - pages())
"""
"""Prints how many bytes of a block the system has back once it is freed with something that lives on behind it."""


def given_back(way: str, **environment: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", HELD_AFTER, way],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


@pytest.mark.skipif(not GLIBC, reason="the C library is not glibc, whose allocator this is about")
def test_a_large_block_goes_back_to_the_system_though_something_lives_behind_it() -> None:
    assert given_back("give back") > 0.9 * BLOCK
    assert given_back("keep") < 0.1 * BLOCK


@pytest.mark.skipif(not GLIBC, reason="the C library is not glibc, whose allocator this is about")
def test_what_the_operator_set_stands() -> None:
    assert given_back("give back", MALLOC_MMAP_THRESHOLD_="33554432") < 0.1 * BLOCK
