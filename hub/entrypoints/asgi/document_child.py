"""The process that reads documents: one after the other, from a socket, until that is closed."""

from __future__ import annotations

import gc
import os
import signal
import socket
import time
from collections.abc import Callable
from struct import Struct
from typing import Final

from schema.compiled.reading import Fault, Reading, packed

HEAD: Final = Struct("!Id")
"""Before a text and before its reading: how many bytes follow, and the seconds of processor time that it took."""

READ_WITHIN_S: Final = 2.0
"""Of processor time: several times what the largest document takes that is allowed."""

NICER: Final = 10
"""Whoever is served comes before what is only being read."""


class _TooLong(Exception):
    pass


def answer_requests(descriptor: int, reads: Callable[[str], Reading]) -> None:
    """Called in a child that was forked: whatever else the parent has open is closed here first."""
    gc.freeze()  # what the parent made stays shared with it
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, os.sysconf("SC_OPEN_MAX"))
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGPROF, _stop)
    os.nice(NICER)
    with socket.socket(fileno=descriptor) as parent, parent.makefile("rb") as asked:
        while head := asked.read(HEAD.size):
            length, _ = HEAD.unpack(head)
            text = asked.read(length).decode("utf-8", "surrogatepass")
            started = time.process_time()
            answer = packed(_read(text, reads))
            parent.sendall(HEAD.pack(len(answer), time.process_time() - started) + answer)


def _read(text: str, reads: Callable[[str], Reading]) -> Reading:
    signal.setitimer(signal.ITIMER_PROF, READ_WITHIN_S)
    try:
        return reads(text)
    except _TooLong:
        return Reading(None, (Fault(f"the document takes more than {READ_WITHIN_S:g} s to read"),))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _stop(number: int, frame: object) -> None:
    raise _TooLong
