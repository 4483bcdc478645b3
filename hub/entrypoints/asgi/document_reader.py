"""Documents that were never seen are read and validated beside the event loop, in a process of their own.

Reading takes a millisecond for what front ends ask and half a second for what somebody made to hurt: on the loop all
others would wait for that. Each subject has one document with the reader at a time, so nobody waits longer than for one
of each of the others.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Final
from weakref import WeakValueDictionary

import structlog

from hub.entrypoints.asgi.document_child import HEAD, answer_requests
from hub.entrypoints.asgi.refused_reading import RefusedReading
from schema.compiled.reading import Reading, unpacked

ANSWERED_WITHIN_S: Final = 20.0
"""The child itself gives up much sooner; on a machine that is busy with other things it may come late."""

log = structlog.get_logger(__name__)

_FORKING: Final = multiprocessing.get_context("fork")
"""The schema is there already: a child that has to make it anew takes seconds and a hundred megabytes."""


class DocumentReader:
    """One child; started anew when it has died or does not answer, and then this process reads that one document."""

    def __init__(self, reads: Callable[[str], Reading], clock_s: Callable[[], float] = time.monotonic) -> None:
        self._reads = reads
        self._refused = RefusedReading(clock_s)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._pipe = asyncio.Lock()
        self._child: BaseProcess | None = None
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def start(self) -> None:
        """Fork it; before the process holds much that a child would hold as well."""
        ours, childs = socket.socketpair()
        self._child = _FORKING.Process(
            target=answer_requests, args=(childs.fileno(), self._reads), name="documents", daemon=True
        )
        self._child.start()
        childs.close()
        self._streams = await asyncio.open_unix_connection(sock=ours)

    async def read(self, text: str, whose: str) -> Reading:
        """On behalf of a subject; RateLimited for one whose refused documents took too much of the reader's time."""
        turn = self._turns.get(whose)
        if turn is None:
            turn = self._turns[whose] = asyncio.Lock()
        async with turn:
            self._refused.check(whose)
            # Who leaves meanwhile leaves an answer behind that is still to be taken off the socket.
            asking = asyncio.create_task(self._in_turn(text))
            spent_s, reading = await asyncio.shield(asking)
            if reading.faults:
                self._refused.charge(whose, spent_s)
            return reading

    async def aclose(self) -> None:
        """The child ends when nobody holds the other end of its socket."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
        if self._child is not None:
            self._child.kill()
            await asyncio.to_thread(self._child.join)

    async def _in_turn(self, text: str) -> tuple[float, Reading]:
        async with self._pipe:
            return await self._asked(text)

    async def _asked(self, text: str) -> tuple[float, Reading]:
        if self._streams is None:
            return self._read_here(text)
        reader, writer = self._streams
        asked = text.encode("utf-8", "surrogatepass")
        try:
            async with asyncio.timeout(ANSWERED_WITHIN_S):
                writer.write(HEAD.pack(len(asked), 0.0) + asked)
                length, spent_s = HEAD.unpack(await reader.readexactly(HEAD.size))
                return spent_s, unpacked(await reader.readexactly(length))
        except (OSError, EOFError) as error:  # a timeout is an OSError
            log.warning("the reader of documents is started anew", error=type(error).__name__)
        await self.aclose()
        await self.start()
        return self._read_here(text)

    def _read_here(self, text: str) -> tuple[float, Reading]:
        started = time.thread_time()
        reading = self._reads(text)
        return time.thread_time() - started, reading
