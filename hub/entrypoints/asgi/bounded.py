"""uvicorn's HTTP/1.1 with bounds on what a peer may keep waiting: heads, bodies, and answers that nobody takes.

uvicorn has no time limit before a request is complete and none on the length of its head. Connections are looked at
once a second by one task, so a request pays for no timer.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterable
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_WITHIN_S: Final = 10.0
BODY_WITHIN_S: Final = 20.0
TAKEN_WITHIN_S: Final = 30.0
"""Of an answer's next part, once the peer's window and the socket's buffer are full."""

HEAD_BYTES_MAX: Final = 32_768
CONNECTIONS_MAX: Final = 20_000
FILES_FOR_OTHERS: Final = 256
"""Of the process's open files: the database, the broker, what is read and written."""

LOOK_EVERY_S: Final = 1.0

_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_TOO_MANY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
)


class BoundedHttp(HttpToolsProtocol):
    """One connection; `cut_off_slow` looks at it."""

    connections_max = CONNECTIONS_MAX
    """Set when the server starts, by what the process may open."""

    _head_since: float | None = None
    _body_since: float | None = None
    _full_since: float | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Refused at once beyond what the process may have open."""
        super().connection_made(transport)
        self._head_since = self.loop.time()
        if len(self.connections) > self.connections_max:
            transport.write(_TOO_MANY)
            transport.close()

    def data_received(self, data: bytes) -> None:
        """A head that has not ended is bounded; one that came in a single piece is no longer than that piece."""
        if self._head_since is not None:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head_since is not None and self._head_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._head_since = self.loop.time()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Its body follows."""
        self._head_since, self._body_since, self._head_bytes = None, self.loop.time(), 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Nothing is waited for any more."""
        self._body_since = None
        super().on_message_complete()

    def pause_writing(self) -> None:
        """The peer does not take what it asked for."""
        self._full_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        """It does again."""
        self._full_since = None
        super().resume_writing()

    def is_too_slow(self, now: float) -> bool:
        """Whether one of the bounds is passed."""
        bounds = (
            (self._head_since, HEAD_WITHIN_S),
            (self._body_since, BODY_WITHIN_S),
            (self._full_since, TAKEN_WITHIN_S),
        )
        return any(since is not None and now - since > within for since, within in bounds)

    def cut_off(self) -> None:
        """Without another word: a peer that does not read would not read that either."""
        self.transport.abort()


def room_for_connections() -> int:
    """Raise the limit of open files as far as it goes, and answer how many connections that leaves."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS_MAX + FILES_FOR_OTHERS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return CONNECTIONS_MAX if soft == resource.RLIM_INFINITY else max(16, min(CONNECTIONS_MAX, soft - FILES_FOR_OTHERS))


async def cut_off_slow(connections: Iterable[object]) -> None:
    """Until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        now = loop.time()
        for connection in list(connections):
            if isinstance(connection, BoundedHttp) and connection.is_too_slow(now):
                connection.cut_off()
