"""The application under uvicorn, inside an event loop that also does other things."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import uvicorn
from starlette.applications import Starlette

from hub.entrypoints.asgi.running import Running
from hub.errors import Conflict, Transient

DRAIN_WITHIN_S: Final = 10


class _Server(uvicorn.Server):
    """Leaves signals alone: whoever started the loop decides when it ends."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Nothing is captured."""
        yield


@asynccontextmanager
async def listening(app: Starlette, host: str, port: int) -> AsyncIterator[int]:
    """Serve for as long as the block lasts; yields the port, which the system chooses for 0.

    Raises Conflict when the port is taken and Transient when the application does not start. At the end subscribers are
    told to come back, and requests under way have DRAIN_WITHIN_S seconds to finish.
    """
    listener = _bound(host, port)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=DRAIN_WITHIN_S,
        ws_max_size=1_000_000,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve([listener]), name="uvicorn")
    try:
        while not server.started:
            if serving.done():
                raise Transient("the web application did not start; its log says why")
            await asyncio.sleep(0.01)
        yield listener.getsockname()[1]
    finally:
        _drain(app)
        server.should_exit = True
        await serving
        listener.close()


def _drain(app: Starlette) -> None:
    running: Running | None = getattr(app.state, "running", None)
    if running is not None:
        running.drain()


def _bound(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=2048, reuse_port=False)
    except OSError as error:
        raise Conflict(f"cannot listen on {host}:{port}: {error.strerror}") from error
