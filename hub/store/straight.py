"""Statements of a transaction straight to the driver: SQLAlchemy's part of each costs several times the driver's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.begun import begin

Rows: TypeAlias = Sequence[Sequence[Any]]
"""Values in the order of the columns that are selected."""

Fetch: TypeAlias = Callable[[str, Sequence[object]], Awaitable[Rows]]
"""Runs a statement with `$1` and so on: in a transaction, or by a connection of PreparedReads."""


def within(connection: AsyncConnection) -> Fetch:
    """As `run`, for a function that reads in a transaction as well as without one."""
    return lambda statement, values: run(connection, statement, *values)


async def run(connection: AsyncConnection, statement: str, *values: object) -> Rows:
    """What a statement with `$1` and so on selects or returns; it is prepared once per connection.

    In the transaction of `connection`, which the first statement begins. Raises DBAPIError as SQLAlchemy does.
    """
    driver = await begin(connection)
    if driver is None:
        result = await connection.exec_driver_sql(statement, values)
        return result.fetchall() if result.returns_rows else []
    try:
        rows: Rows = await driver.fetch(statement, *values)
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        broken = driver.is_closed()
        raise DBAPIError("straight", None, error, hide_parameters=True, connection_invalidated=broken) from error
    return rows
