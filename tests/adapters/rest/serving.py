"""Customer APIs on the suite's event loop: many behind one server.

Starting and stopping one takes a third of a second.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from secrets import token_hex

from starlette.applications import Starlette
from starlette.routing import Mount

from examples.customer_api.app import customer_api
from hub.entrypoints.asgi.server import listening

TOKEN = "only-for-tests"


class CustomerApis:
    """`url` is the server's own."""

    def __init__(self, app: Starlette, url: str) -> None:
        self._app, self.url = app, url

    @contextmanager
    def serving(self, file: Path) -> Iterator[str]:
        """Serve one API inside the block; gives its path."""
        path = f"/{token_hex(4)}"
        mount = Mount(path, customer_api(file, TOKEN))
        self._app.router.routes.append(mount)
        yield path
        self._app.router.routes.remove(mount)


@asynccontextmanager
async def serving_apis() -> AsyncIterator[CustomerApis]:
    """A server without an API yet."""
    app = Starlette()
    async with listening(app, "127.0.0.1", 0) as port:
        yield CustomerApis(app, f"http://127.0.0.1:{port}")
