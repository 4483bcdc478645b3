"""Read the next page of a pull while the one before it is applied."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from hub.ports.pages import PullPage
from hub.ports.system import SystemPort
from hub.records.identity import Entity
from hub.records.source import JsonObject


async def read_ahead(
    port: SystemPort, entity: Entity, cursor: JsonObject, page_size: int
) -> AsyncGenerator[PullPage, None]:
    """Every page from `cursor` to the last; at most one waits, and its error is raised in its turn.

    Close it (contextlib.aclosing): a page that is still being read is then given up. It may be asked for again.
    """
    page = await port.pull(entity, cursor, page_size)
    ahead: asyncio.Task[PullPage] | None = None
    try:
        while True:
            ahead = None if page.last else asyncio.create_task(port.pull(entity, page.cursor, page_size))
            yield page
            if ahead is None:
                return
            page = await ahead
    finally:
        if ahead is not None:
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)
