"""Documents that were never seen are read, validated and planned beside the event loop, in a process of their own.

That takes ten milliseconds for what front ends ask and half a second for what somebody made to hurt: on the loop all
others would wait for that. Each subject has one document with the reader at a time, so nobody waits longer than for one
of each of the others.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import pickle
import socket
import time
from collections.abc import Hashable
from functools import partial
from multiprocessing.process import BaseProcess
from typing import Final
from weakref import WeakValueDictionary

import structlog

from hub.entrypoints.asgi.document_child import HEAD, Plans, PlanWanted, Reads, answer_requests
from hub.errors import Transient
from schema.compiled.kept import Kept
from schema.compiled.reading import Planned, Question, Reading, unpacked
from schema.compiled.spending import Spending

ANSWERED_WITHIN_S: Final = 20.0
"""The child itself gives up much sooner; on a machine that is busy with other things it may come late."""

JUST_ANSWERED: Final = 50
JUST_ANSWERED_BYTES: Final = 4_000_000
"""After a restart a thousand come back with the same few documents, and stand in line for them one behind the other."""

log = structlog.get_logger(__name__)

_FORKING: Final = multiprocessing.get_context("fork")
"""The schema is there already: a child that has to make it anew takes seconds and a hundred megabytes."""


class DocumentReader:
    """One child, started anew when it has died or does not answer; whoever waits for it is told to ask again."""

    def __init__(self, reads: Reads, plans: Plans) -> None:
        self._reads, self._plans = reads, plans
        self._refused = Spending(time.monotonic, "too many documents were refused; fix them, or wait")
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._pipe = asyncio.Lock()
        self._under_way: dict[tuple[str, Hashable], asyncio.Task[Planned]] = {}
        self._just_answered: Kept[Hashable, bytes] = Kept(JUST_ANSWERED, JUST_ANSWERED_BYTES)
        self._closed = False
        self._child: BaseProcess | None = None
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def start(self) -> None:
        """Fork it; before the process holds much that a child would hold as well."""
        ours, childs = socket.socketpair()
        self._child = _FORKING.Process(
            target=answer_requests, args=(childs.fileno(), self._reads, self._plans), name="documents", daemon=True
        )
        self._child.start()
        childs.close()
        self._streams = await asyncio.open_unix_connection(sock=ours)

    async def read(self, text: str, whose: str) -> Reading:
        """On behalf of a subject; RateLimited for one whose refused documents took too much of the reader's time,
        Transient where the child ended over it.
        """
        return unpacked((await self._shared(text, text, whose)).packed)

    async def plan(self, question: Question, variables: bytes, whose: str) -> Planned:
        """The packed roots, or nothing where resolvers are to answer; raises as `read`."""
        return await self._shared(question, PlanWanted(question._replace(shape=None), variables), whose)

    async def aclose(self) -> None:
        """Nothing more is read."""
        self._closed = True
        await self._end()

    async def _end(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
        if self._child is not None:
            self._child.kill()
            await asyncio.to_thread(self._child.join)

    async def _shared(self, key: Hashable, wanted: str | PlanWanted, whose: str) -> Planned:
        """What a subject asks for while it is under way for him already is asked for once."""
        under_way = self._under_way.get((whose, key))
        if under_way is None:
            under_way = asyncio.create_task(self._in_turn(key, wanted, whose))
            self._under_way[whose, key] = under_way
            under_way.add_done_callback(partial(self._done, (whose, key)))
        # Who leaves meanwhile leaves an answer behind that is still to be taken off the socket.
        return await asyncio.shield(under_way)

    async def _in_turn(self, key: Hashable, wanted: str | PlanWanted, whose: str) -> Planned:
        turn = self._turns.get(whose)
        if turn is None:
            turn = self._turns[whose] = asyncio.Lock()
        async with turn:
            self._refused.check(whose)
            async with self._pipe:
                known = self._just_answered.find(key)
                if known is not None:
                    return Planned(0.0, known)
                spent_s, refused, packed = await self._asked(wanted)
                self._just_answered.keep(key, packed, len(packed))
            if refused:
                self._refused.charge(whose, spent_s)
            return Planned(spent_s, packed)

    def _done(self, asked: tuple[str, Hashable], done: asyncio.Task[Planned]) -> None:
        del self._under_way[asked]
        if not done.cancelled():
            done.exception()  # told to whoever still waits

    async def _asked(self, wanted: str | PlanWanted) -> tuple[float, bool, bytes]:
        if self._streams is not None:
            reader, writer = self._streams
            asked = pickle.dumps(wanted, pickle.HIGHEST_PROTOCOL)
            try:
                async with asyncio.timeout(ANSWERED_WITHIN_S):
                    writer.write(HEAD.pack(len(asked), 0.0, False) + asked)
                    length, spent_s, refused = HEAD.unpack(await reader.readexactly(HEAD.size))
                    return spent_s, refused, await reader.readexactly(length)
            except (OSError, EOFError) as error:  # a timeout is an OSError
                if not self._closed:
                    log.warning("the reader of documents is started anew", error=type(error).__name__)
                    await self._end()
                    await self.start()
        # Not by this process: what ended the child would end it as well.
        raise Transient("the document was not read; try again", retry_after_s=1)
