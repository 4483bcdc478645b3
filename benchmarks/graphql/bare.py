"""The floor: a bare Starlette endpoint that sends the bytes of one statement, without tokens, limits or GraphQL.

Run as `python -m benchmarks.graphql.bare DSN`; prints its address once it listens. It knows the three documents by
their names and takes the customer from the variables, as a GraphQL server does.
"""

from __future__ import annotations

import asyncio
import sys
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
import orjson
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.entrypoints.asgi.server import listening

STATEMENTS: Final = Path(__file__).parent / "statements"
POOL: Final = 8
ROOT: Final = {"View": "customer", "Timeline": "customer", "Page": "customers"}


def statement(name: str) -> str:
    """The document's own statement, with the envelope of the answer around it."""
    text = (STATEMENTS / f"{name.lower()}.sql").read_text(encoding="utf-8")
    head = f"SELECT '{{\"data\":{{\"{ROOT[name]}\":' || t.answer::text || '}}}}'"
    return f"{head} FROM ({text}) t"


def application(dsn: str) -> Starlette:
    """One route; each request takes a connection of the pool and prepares nothing anew."""
    texts = {name: statement(name) for name in ROOT}

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with asyncpg.create_pool(dsn, min_size=POOL, max_size=POOL) as pool:
            app.state.pool = pool
            yield

    async def graphql(request: Request) -> Response:
        asked = orjson.loads(await request.body())
        name = asked["operationName"]
        values = [UUID(b64decode(asked["variables"]["id"]).decode().split(":")[1])] if ROOT[name] == "customer" else []
        answer: str = await request.app.state.pool.fetchval(texts[name], *values)
        return Response(answer, media_type="application/json")

    return Starlette(routes=[Route("/graphql", graphql, methods=["POST"])], lifespan=lifespan)


async def serve(dsn: str) -> None:
    """Until the process is ended."""
    async with listening(application(dsn), "127.0.0.1", 0) as port:
        print(f"http://127.0.0.1:{port}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
