"""A connection outside the pool for a loop that never ends, replaced whenever the database takes it away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import asyncpg

log = logging.getLogger(__name__)

LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What a lost, refused or broken connection raises; a timeout is an OSError, and a session that the server ended
between two statements shows as an internal error of the client."""

FIRST_DELAY_S = 0.05
LAST_DELAY_S = 5.0

SERVER_SETTINGS = {
    "jit": "off",
    "timezone": "UTC",
    # All statements here read a few rows through an index. A plan made while the table was empty would scan it
    # whole, stay in the session's cache and get slower for ever.
    "enable_seqscan": "off",
    # A process that is frozen inside its turn loses the turn, so that the others can go on.
    "idle_in_transaction_session_timeout": "5000",
}


async def keep_session(dsn: str, name: str, serve: Callable[[asyncpg.Connection], Awaitable[None]]) -> None:
    """Run `serve` on a connection of its own, anew after each loss, until cancelled; `name` shows in pg_stat_activity.

    Waits 50 ms before the first new attempt and up to 5 s while attempts keep failing.
    """
    loop = asyncio.get_running_loop()
    delay_s = FIRST_DELAY_S
    while True:
        started = loop.time()
        try:
            await _serve_once(dsn, name, serve)
        except LOST as error:
            log.warning("%s lost its database session: %s", name, type(error).__name__)
        delay_s = FIRST_DELAY_S if loop.time() - started > LAST_DELAY_S else min(delay_s * 2, LAST_DELAY_S)
        await asyncio.sleep(delay_s)


async def _serve_once(dsn: str, name: str, serve: Callable[[asyncpg.Connection], Awaitable[None]]) -> None:
    connection = await asyncpg.connect(
        dsn, timeout=10, command_timeout=30, server_settings={**SERVER_SETTINGS, "application_name": name}
    )
    try:
        await serve(connection)
    finally:
        connection.terminate()
