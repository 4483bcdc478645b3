"""Read by the driver itself, where a look-up must answer within milliseconds."""

from __future__ import annotations

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection


async def fetch(connection: AsyncConnection, statement: str, *values: object) -> list[asyncpg.Record]:
    """Rows of a statement with `$1` and so on, prepared once per connection.

    In the caller's transaction where it has begun one by an earlier statement, else in one of its own.
    """
    driver = (await connection.get_raw_connection()).driver_connection
    if not isinstance(driver, asyncpg.Connection):
        raise TypeError("rows are fetched through asyncpg")
    try:
        return list(await driver.fetch(statement, *values))
    except asyncpg.PostgresError as error:
        raise DBAPIError("look-up", None, error, hide_parameters=True) from error
