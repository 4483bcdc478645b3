"""HTTP connections that stay open, for a benchmark whose client shares the cores with what it measures.

A general client costs more for a request than the hub does for an event.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

CONNECTIONS: Final = 50


class KeptOpen:
    """At most CONNECTIONS to one address, each opened when the others are busy; HTTP/1.1, answers with a length."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._host, _, self._port = address.rpartition(":")
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._places = asyncio.Semaphore(CONNECTIONS)

    async def post(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status of the answer, whose body is read and left."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"POST {path} HTTP/1.1\r\nhost: {self._address}\r\ncontent-length: {len(body)}\r\n{lines}\r\n"
        async with self._places:
            reader, writer = await self._open()
            writer.write(head.encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(_length(answer))
            self._idle.append((reader, writer))
        return int(answer[9:12])

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """One that the server has not closed meanwhile."""
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self._host, self._port)


def _length(answer: bytes) -> int:
    for line in answer.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return int(value)
    return 0
