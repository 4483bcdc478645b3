"""Statements for code that is not asynchronous."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import asyncpg


def run_sql(dsn: str, *statements: str) -> None:
    """One after the other, each by itself; in a thread, since the caller's may have a loop."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _run(dsn, statements)).result()


async def _run(dsn: str, statements: tuple[str, ...]) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
