"""A TCP proxy that can be cut, or lose answers: the road to a broker that others use as well, and to a back office."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Proxy:
    """Listens on a free port of the loopback address and passes everything on to `host`:`port`."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._open: set[asyncio.StreamWriter] = set()
        self._cut = False
        self.losing = False
        """Requests get through, and at the first word of the answer the connection breaks."""
        self.lost = 0
        self._server: asyncio.Server | None = None
        self.port = 0
        self.connections = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def lead_to(self, host: str, port: int) -> None:
        """New connections go there, such as to the next server of a deployment."""
        self._to = (host, port)

    async def cut(self, for_s: float) -> None:
        """Break every connection without a word and let no new one through for so long."""
        self._cut = True
        for writer in list(self._open):
            writer.transport.abort()
        await asyncio.sleep(for_s)
        self._cut = False

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in list(self._open):
            writer.transport.abort()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.transport.abort()
            return
        self.connections += 1
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._to)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, far_writer}
        try:
            await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer, answers=True))
        finally:
            self._open -= {writer, far_writer}
            for each in (writer, far_writer):
                each.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool = False) -> None:
        with suppress(OSError):
            while block := await reader.read(65536):
                if answers and self.losing:
                    self.lost += 1
                    break
                writer.write(block)
                await writer.drain()
        writer.transport.abort()
