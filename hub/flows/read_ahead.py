"""Read and understand the next page of a pull while the one before it is applied."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import NamedTuple

from hub.flows.incoming import Incoming, understand_by_turns
from hub.mapping.record import RecordMapping
from hub.ports.pages import PullPage
from hub.ports.system import SystemPort
from hub.records.identity import Entity
from hub.records.source import JsonObject


class ReadPage(NamedTuple):
    """A page as the system gave it, and what it says."""

    page: PullPage
    incoming: Incoming


async def read_ahead(
    port: SystemPort, entity: Entity, cursor: JsonObject, page_size: int, mapping: RecordMapping
) -> AsyncGenerator[ReadPage, None]:
    """Every page from `cursor` to the last; at most one waits, and its error is raised in its turn.

    While PostgreSQL works on one page, the event loop maps the next. Close it (contextlib.aclosing): a page that is
    still being read is then given up. It may be asked for again.
    """

    async def read(position: JsonObject) -> ReadPage:
        page = await port.pull(entity, position, page_size)
        return ReadPage(page, await understand_by_turns(page.objects, page.unreadable, mapping))

    read_page = await read(cursor)
    ahead: asyncio.Task[ReadPage] | None = None
    try:
        while True:
            page = read_page.page
            ahead = None if page.last else asyncio.create_task(read(page.cursor))
            yield read_page
            if ahead is None:
                return
            read_page = await ahead
    finally:
        if ahead is not None:
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)
