"""A line to Tryton (or BottleCRM) that a test can cut, delay or answer in its place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias
from urllib.parse import urlsplit

Request: TypeAlias = bytes
Answer: TypeAlias = bytes

Upstream: TypeAlias = Callable[[Request], Awaitable[Answer]]
Rule: TypeAlias = Callable[[Request, Upstream], Awaitable[Answer]]
"""What becomes of one request; an empty answer closes the connection without a word."""


async def forward(request: Request, upstream: Upstream) -> Answer:
    """The rule of an ordinary line."""
    return await upstream(request)


def too_many_requests(retry_after_s: int) -> Answer:
    """As a gateway in front of Tryton says it; Tryton itself leaves the header out."""
    return f"HTTP/1.1 429 Too Many Requests\r\nRetry-After: {retry_after_s}\r\nContent-Length: 0\r\n\r\n".encode()


class Line:
    """Requests pass `rule`; `requests` keeps what came, bodies included."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._host, self._port = parts.hostname or "", parts.port or 0
        self._listener: asyncio.Server | None = None
        self._own_port = 0
        self.rule: Rule = forward
        self.requests: list[Request] = []

    @property
    def url(self) -> str:
        """Where the adapter connects to."""
        return f"http://127.0.0.1:{self._own_port}"

    async def start(self) -> None:
        """Listen; after `stop` again on the same port."""
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", self._own_port)
        self._own_port = self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """From now on connections are refused."""
        if self._listener is not None:
            self._listener.close()
            await self._listener.wait_closed()
            self._listener = None

    def count(self, method: str) -> int:
        """How many calls of an RPC method came."""
        return sum(f'"method":"{method}"'.encode() in request for request in self.requests)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            request = await _whole_request(reader)
            self.requests.append(request)
            writer.write(await self.rule(request, self._ask))
            await writer.drain()
        writer.close()

    async def _ask(self, request: Request) -> Answer:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        writer.write(request)
        answer = await reader.read()  # to the end: the request asks to close
        writer.close()
        return answer


@asynccontextmanager
async def line_to(target: str) -> AsyncIterator[Line]:
    """A started line, stopped at the end."""
    line = Line(target)
    await line.start()
    yield line
    await line.stop()


async def _whole_request(reader: asyncio.StreamReader) -> Request:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if line and not line.lower().startswith(b"connection:")]
    length = sum(int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length:"))
    return b"\r\n".join([*lines, b"Connection: close", b"", b""]) + await reader.readexactly(length)
