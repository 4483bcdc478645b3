"""The process that reads and plans documents: one after the other, from a socket, until that is closed."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import socket
import time
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager
from struct import Struct
from typing import Final, NamedTuple, TypeAlias

from hub.entrypoints.asgi.short_turns import EVERY_S, give_way, take_short_turns
from schema.compiled.reading import Fault, Question, Reading, packed

HEAD: Final = Struct("!Id?")
"""Before a request and before its answer: how many bytes follow; of an answer the seconds of processor time that it
took, and whether the document is refused."""

WITHIN_S: Final = 2.0
"""Of processor time: several times what the largest document takes that is allowed."""

NICER: Final = 5
"""Whoever is served comes before what is only being read."""

NO_PLAN: Final = b""
"""In the place of one that could not be made in time, or at all."""

Reads: TypeAlias = Callable[[str], Reading]
Plans: TypeAlias = Callable[[Question, bytes], bytes]


class PlanWanted(NamedTuple):
    """A request for a plan; for a reading the text is sent."""

    question: Question
    variables: bytes


class _TooLong(Exception):
    pass


def answer_requests(descriptor: int, reads: Reads, plans: Plans) -> None:
    """Called in a child that was forked: whatever else the parent has open is closed here first."""
    gc.freeze()  # what the parent made stays shared with it
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, os.sysconf("SC_OPEN_MAX"))
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGPROF, _stop)
    os.nice(NICER)
    turns_s = EVERY_S if take_short_turns() else 0
    with socket.socket(fileno=descriptor) as parent, parent.makefile("rb") as asked:
        while head := asked.read(HEAD.size):
            length, *_ = HEAD.unpack(head)
            wanted: str | PlanWanted = pickle.loads(asked.read(length))  # noqa: S301  # our own parent made it
            started = time.process_time()
            give_way(turns_s)
            refused, answer = _read(wanted, reads) if isinstance(wanted, str) else (False, _plan(wanted, plans))
            give_way(0)
            parent.sendall(HEAD.pack(len(answer), time.process_time() - started, refused) + answer)


def _read(text: str, reads: Reads) -> tuple[bool, bytes]:
    try:
        with _bounded():
            reading = reads(text)
    except _TooLong:
        reading = Reading(None, (Fault(f"the document takes more than {WITHIN_S:g} s to read"),))
    return bool(reading.faults), packed(reading)


def _plan(wanted: PlanWanted, plans: Plans) -> bytes:
    """The edge: resolvers answer a document of which there is no plan, and the child is there for the next one."""
    try:
        with _bounded():
            return plans(wanted.question, wanted.variables)
    except _TooLong:
        return NO_PLAN
    except Exception as error:  # noqa: BLE001  told where an operator sees it: the child has no log of its own
        places = "".join(traceback.format_tb(error.__traceback__))  # and not its message, which may hold a value
        os.write(2, f"a document was not planned: {type(error).__name__}\n{places}".encode())
        return NO_PLAN


@contextmanager
def _bounded() -> Generator[None, None, None]:
    signal.setitimer(signal.ITIMER_PROF, WITHIN_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _stop(number: int, frame: object) -> None:
    raise _TooLong
