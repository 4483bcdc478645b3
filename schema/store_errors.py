"""Errors of the database that a caller can do something about, in the hub's own words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hub.errors import Invalid, Transient

CANCELLED: Final = "57014"
"""SQLSTATE of a statement that ran into its time limit."""

AWAY: Final = ("57P", "08", "53300")
"""How the SQLSTATE begins of a server that stops or starts, that breaks off, or has no connection left."""

UNSTORABLE: Final = frozenset({"22021", "22P05", "22008"})
"""SQLSTATE of text that PostgreSQL cannot hold (NUL characters) and of times outside its calendar."""


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Turn an overloaded, slow or unreachable database into Transient and unstorable input into Invalid."""
    try:
        yield
    except PoolTimeout:
        raise Transient("too many requests are under way; try again", retry_after_s=1) from None
    except OSError:
        raise Transient("the hub's database does not answer; try again", retry_after_s=5) from None
    except DBAPIError as error:
        state = str(getattr(error.orig, "sqlstate", None))
        if state == CANCELLED:
            raise Transient("the request took longer than is allowed; ask for less") from None
        if state.startswith(AWAY):
            raise Transient("the hub's database does not answer; try again", retry_after_s=5) from None
        if state in UNSTORABLE:
            raise Invalid("a text or time in the request cannot be stored") from None
        if error.connection_invalidated:
            raise Transient("the hub's database broke the connection; try again", retry_after_s=5) from error
        raise
