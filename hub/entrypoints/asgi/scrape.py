"""`/metrics`: what this process counted, and how things stand in the store."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from hub.observe.metrics import CONTENT_TYPE
from hub.reads.standing import standing
from schema.context import Hub

READ_WITHIN_S: Final = 2.0
GOOD_FOR: Final = timedelta(seconds=5)
"""However many scrape, the store is read once in that time; no monitor asks more often."""

log = structlog.get_logger(__name__)


class Scrape:
    """Reads the store's figures when they are asked for and the last ones are too old."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._reading = asyncio.Lock()
        self._read_at: datetime | None = None

    async def exposition(self) -> bytes:
        """The Prometheus text format; without the store's figures when it does not answer within READ_WITHIN_S."""
        async with self._reading:
            now = self._hub.clock()
            if self._read_at is None or not self._read_at <= now < self._read_at + GOOD_FOR:
                await self._read(now)
                self._read_at = now
        return self._hub.metrics.exposition()

    async def _read(self, now: datetime) -> None:
        try:
            async with asyncio.timeout(READ_WITHIN_S), self._hub.database.reading() as connection:
                found = await standing(connection, now)
        except (SQLAlchemyError, OSError) as error:  # a timeout is an OSError
            log.warning("metrics without the store", error=type(error).__name__)
            self._hub.metrics.gauges.show_nothing()
        else:
            self._hub.metrics.gauges.show(found)


async def metrics(request: Request) -> Response:
    """The Prometheus text format."""
    return Response(await request.app.state.running.scrape.exposition(), media_type=CONTENT_TYPE)
