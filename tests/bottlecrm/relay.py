"""Pass BottleCRM's calls on to several hubs, byte for byte.

One BottleCRM whose tasks run in its requests serves one webhook only: the first delivery leaves the company's row-level
security behind, and the second one is refused by its database.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.entrypoints.asgi.server import listening


@asynccontextmanager
async def relay(port: int, webhooks: Sequence[str]) -> AsyncIterator[None]:
    """Listens at `port`, whatever the path, and answers the worst of what they answer, so that it is told again."""
    async with httpx2.AsyncClient() as client:

        async def pass_on(request: Request) -> Response:
            body = await request.body()
            headers = {name: value for name, value in request.headers.items() if name.startswith("x-")}
            return Response(
                status_code=max(
                    [(await client.post(url, content=body, headers=headers)).status_code for url in webhooks]
                )
            )

        app = Starlette(routes=[Route("/{path:path}", pass_on, methods=["POST"])])
        async with listening(app, "127.0.0.1", port):
            yield
