"""Hostile clients of every kind, all at once, in a process of their own: what they do holds nobody up who measures."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from itertools import count, cycle
from multiprocessing.connection import Connection
from typing import Final, TypeAlias

import httpx2
from websockets.exceptions import WebSocketException

from tests.hostile.documents import DOCUMENTS, KINDS, another, another_long, huge_variables
from tests.hostile.server import Hub
from tests.schema.following import acknowledged

NICENESS: Final = 19

EVERY_S: Final = 2.0
"""Each hostile document once."""

NEW_EVERY_S: Final = 0.1
VARIABLES_EVERY_S: Final = 0.5
AT_ONCE: Final = 20
"""Of one kind on their way."""

OPENED_EVERY_S: Final = 12.0
CUT_OFF_WITHIN_S: Final = 25.0

Found: TypeAlias = dict[str, Counter[str]]
"""By kind: how often which end was met, a code or what became of a connection."""

Asked: TypeAlias = tuple[str, object]
Attack: TypeAlias = Callable[[Counter[str]], Coroutine[None, None, None]]


DOCUMENT, PLAN, VARIABLE, SOCKET = SUBJECTS = ("documents", "plans", "variables", "sockets")
"""Each would be held back by his own documents alone; together they are worse."""


def attack(port: int, pid: int, bearers: Sequence[str], only: Collection[str], found: Connection) -> None:
    """Until SIGTERM; then tell what each kind met. `bearers` are the tokens of SUBJECTS, `only` kinds; none: all.

    Hostile clients have processors of their own elsewhere: here they take what the others leave.
    """
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    asyncio.run(_attack(port, pid, bearers, only, found))


async def _attack(port: int, pid: int, bearers: Sequence[str], only: Collection[str], found: Connection) -> None:
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    told: Found = {}
    async with AsyncExitStack() as stack:
        client = httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60)
        http = await stack.enter_async_context(client)
        hubs = {subject: Hub(port, pid, http, bearer) for subject, bearer in zip(SUBJECTS, bearers, strict=True)}
        attacks = [
            asyncio.create_task(of_kind(told.setdefault(kind, Counter())))
            for kind, of_kind in _attacks(hubs, stack).items()
            if kind in (only or {kind})
        ]
        found.send(None)
        await ended.wait()
        for each in attacks:
            each.cancel()
        await asyncio.gather(*attacks, return_exceptions=True)
    found.send(told)


def _attacks(hubs: Mapping[str, Hub], stack: AsyncExitStack) -> dict[str, Attack]:
    sockets = hubs[SOCKET]
    asking: dict[str, tuple[Hub, float, Callable[[int], Asked]]] = {
        kind: (hubs[DOCUMENT], EVERY_S / len(names), _documents(names)) for kind, names in KINDS.items()
    }
    asking["good, never seen"] = (hubs[PLAN], NEW_EVERY_S, _new)
    asking["huge variables"] = (hubs[VARIABLE], VARIABLES_EVERY_S, huge_variables)
    head = f"host: {sockets.address}\r\ncontent-type: application/json\r\ncontent-length: 1000"
    body = f"POST /graphql HTTP/1.1\r\n{head}\r\n\r\n{{".encode()
    waiting = {
        "silent sockets": (b"", False, 200),
        "half-open sockets": (b"", True, 50),
        "half-open in a body": (body, True, 50),
        "slow heads": (b"POST /graphql HTTP/1.1\r\nx-slow: ", False, 50),
        "slow bodies": (body, False, 50),
    }
    return {
        **{kind: partial(_ask, *one) for kind, one in asking.items()},
        **{kind: partial(_keep_waiting, sockets, stack, *one) for kind, one in waiting.items()},
        "floods over WebSockets": partial(_flood, sockets),
    }


def _documents(names: Iterable[str]) -> Callable[[int], Asked]:
    """In turn, and each time another text: nothing is known of it yet."""
    left, marks = cycle(names), count(time.monotonic_ns())
    return lambda _: (f"# {next(marks)}\n{DOCUMENTS[next(left)]}", None)


_FIRST: Final = time.monotonic_ns() // 1_000


def _new(number: int) -> Asked:
    """Valid ones that take the places of others in every cache; every fifth is of the greatest length."""
    return (another_long if number % 5 == 0 else another)(_FIRST + number), None


async def _ask(hub: Hub, every_s: float, attack_: Callable[[int], Asked], told: Counter[str]) -> None:
    """At that pace, answered or not."""
    room = asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as sent:
        for number in count():
            await room.acquire()
            sent.create_task(_sent(hub, told, attack_(number))).add_done_callback(lambda _: room.release())
            await asyncio.sleep(every_s)


async def _sent(hub: Hub, told: Counter[str], asked: Asked) -> None:
    try:
        answer = await hub.ask(*asked)
    except httpx2.HTTPError as error:
        told[type(error).__name__] += 1
        return
    codes = {error["extensions"]["code"] for error in answer.json().get("errors", [])}
    told.update(codes or {"answered"})


async def _keep_waiting(
    hub: Hub, stack: AsyncExitStack, said: bytes, half: bool, number: int, told: Counter[str]
) -> None:
    """Connections that say nothing or too little, opened anew as they are cut off; half open ones have ended their own
    side."""
    async with asyncio.TaskGroup() as waiting:
        while True:
            for _ in range(number):
                reader, writer = await asyncio.open_connection("127.0.0.1", hub.port)
                stack.callback(writer.close)
                writer.write(said)
                if half:
                    writer.write_eof()
                told["opened"] += 1
                waiting.create_task(_cut_off(reader, told))
            await asyncio.sleep(OPENED_EVERY_S)


async def _cut_off(reader: asyncio.StreamReader, told: Counter[str]) -> None:
    try:
        async with asyncio.timeout(CUT_OFF_WITHIN_S):
            with contextlib.suppress(ConnectionError):
                while await reader.read(65_536):
                    pass
        told["cut off"] += 1
    except TimeoutError:
        told["left open"] += 1


async def _flood(hub: Hub, told: Counter[str]) -> None:
    """As fast as the server lets one socket, then the next. A socket cut off just then hides that it is to end."""
    own = asyncio.current_task()
    while own is not None and not own.cancelling():
        with contextlib.suppress(WebSocketException, OSError):
            async with acknowledged(hub.address, hub.token) as client:
                told["opened"] += 1
                while True:
                    await client.say(type="ping")
                    await asyncio.sleep(0.002)
