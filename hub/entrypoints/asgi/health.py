"""Whether the process is up, and whether it can do its work."""

from __future__ import annotations

import asyncio
from typing import Final

import orjson
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from hub.entrypoints.asgi.answers import JSON
from hub.entrypoints.asgi.running import Running
from hub.store.engine import Database
from migrations.migrate import current, newest

ANSWER_WITHIN_S: Final = 2.0


async def healthz(_: Request) -> Response:
    """The process answers; says nothing about what it depends on."""
    return Response(b'{"status":"up"}', media_type=JSON)


async def readyz(request: Request) -> Response:
    """200 when requests can be served, 503 with the parts that fail otherwise."""
    running: Running = request.app.state.running
    database = await _database(running.hub.database)
    parts = {**database, "feed": "ok" if running.following else "not followed"}
    ready = all(state == "ok" for state in parts.values())
    body = orjson.dumps({"status": "ready" if ready else "not ready", "parts": parts})
    return Response(body, 200 if ready else 503, media_type=JSON, headers={"Cache-Control": "no-store"})


async def _database(database: Database) -> dict[str, str]:
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S), database.reading() as connection:
            revision = await current(connection)
    except (SQLAlchemyError, OSError):  # a timeout is an OSError
        return {"database": "does not answer", "migrations": "unknown"}
    wanted = newest()
    return {"database": "ok", "migrations": "ok" if revision == wanted else f"at {revision}, not at {wanted}"}
