"""The application under uvicorn, inside an event loop that also does other things."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final

import uvicorn
from starlette.applications import Starlette

from hub.entrypoints.asgi.bounded import BoundedHttp, cut_off_slow, room_for_connections
from hub.entrypoints.asgi.running import Running
from hub.errors import Conflict, Transient

DRAIN_WITHIN_S: Final = 10

TOLD_WITHIN_S: Final = 2.0
"""Until subscribers have been told that the server stops: their sockets are closed at once when it does."""

SOCKET_MESSAGE_MAX: Final = 262_144
"""Bytes of one message over a WebSocket; a document of 4,000 tokens is far shorter."""

PING_EVERY_S: Final = 20.0
"""A socket whose peer does not answer within as long again is closed."""


class _Server(uvicorn.Server):
    """Leaves signals alone: whoever started the loop decides when it ends."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Nothing is captured."""
        yield


@asynccontextmanager
async def listening(
    app: Starlette, host: str, port: int, *, ping_every_s: float = PING_EVERY_S, trusted_proxies: Sequence[str] = ()
) -> AsyncIterator[int]:
    """Serve for as long as the block lasts; yields the port, which the system chooses for 0.

    Of `trusted_proxies`, addresses or networks, it is believed for whom they ask (X-Forwarded-For, -Proto).

    Raises Conflict when the port is taken and Transient when the application does not start. At the end subscribers are
    told to come back, and requests under way have DRAIN_WITHIN_S seconds to finish.
    """
    listener = _bound(host, port)
    server = _Server(_config(app, ping_every_s, trusted_proxies))
    BoundedHttp.connections_max = room_for_connections()
    bounding = asyncio.create_task(cut_off_slow(server.server_state.connections), name="slow connections")
    serving = asyncio.create_task(server.serve([listener]), name="uvicorn")
    try:
        while not server.started:
            if serving.done():
                raise Transient("the web application did not start; its log says why")
            await asyncio.sleep(0.01)
        yield listener.getsockname()[1]
    finally:
        await _drain(app)
        server.should_exit = True
        await serving
        bounding.cancel()
        listener.close()


def _config(app: Starlette, ping_every_s: float, trusted_proxies: Sequence[str]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=list(trusted_proxies),
        timeout_graceful_shutdown=DRAIN_WITHIN_S,
        http=BoundedHttp,
        ws_max_size=SOCKET_MESSAGE_MAX,
        ws_ping_interval=ping_every_s,
        ws_ping_timeout=ping_every_s,
        # A compressor for each socket would take more memory than all the rest of it.
        ws_per_message_deflate=False,
    )


async def _drain(app: Starlette) -> None:
    running: Running | None = getattr(app.state, "running", None)
    if running is None:
        return
    running.drain()
    with suppress(TimeoutError):
        async with asyncio.timeout(TOLD_WITHIN_S):
            await running.hub.watched.all_left()


def _bound(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=2048, reuse_port=False)
    except OSError as error:
        raise Conflict(f"cannot listen on {host}:{port}: {error.strerror}") from error
