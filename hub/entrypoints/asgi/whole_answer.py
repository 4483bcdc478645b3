"""An answer in one piece: uvicorn's cycle takes a head and a body one after the other, and looks at every header."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from starlette.types import Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

Pair = tuple[bytes, bytes]

END_OF_HEAD: Final = b"\r\n"


def head_of(pairs: Iterable[Pair]) -> bytes:
    """Headers as they are sent; whoever gives them answers for there being no line break in one."""
    return b"".join(b"%b: %b\r\n" % pair for pair in pairs)


async def send_answer(send: Send, status: int, pairs: Iterable[Pair], body: bytes) -> None:
    """As ASGI has it."""
    await send({"type": "http.response.start", "status": status, "headers": list(pairs)})
    await send({"type": "http.response.body", "body": body})


def sent_whole(send: Send, status: int, head: bytes, body: bytes) -> bool:
    """Send headers of `head_of`, a content-length among them, and the body; False, and nothing is sent, where only
    `send_answer` does right: under another server, and by a connection that is full, closed or about to be."""
    cycle = getattr(send, "__self__", None)
    if (
        not isinstance(cycle, RequestResponseCycle)
        or cycle.response_started
        or cycle.disconnected
        or cycle.access_log
        or not cycle.keep_alive
        or cycle.flow.write_paused
    ):
        return False
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.transport.write(b"".join((STATUS_LINE[status], head_of(cycle.default_headers), head, END_OF_HEAD, body)))
    cycle.message_event.set()
    cycle.on_response()
    return True
