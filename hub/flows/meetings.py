"""How the hub last met each system, as a row that people and processes can see; the breaker alone sets SUSPENDED."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import HubError, Suspended, Throttled, Transient, Unauthorised


async def answered(connection: AsyncConnection, system: str, now: datetime) -> None:
    """The system did what was asked."""
    await connection.execute(
        text(
            """UPDATE connected_system SET state = CASE WHEN state = 'SUSPENDED' THEN state ELSE 'ACTIVE' END,
                 last_answer_at = :now
               WHERE name = :system"""
        ),
        {"system": system, "now": now},
    )


async def failed(connection: AsyncConnection, system: str, error: HubError, now: datetime) -> None:
    """A call failed; only silence and a refused login say something of the system as a whole."""
    if not isinstance(error, Transient | Unauthorised) or isinstance(error, Throttled | Suspended):
        return
    await connection.execute(
        text(
            """UPDATE connected_system SET state = CASE WHEN state = 'SUSPENDED' THEN state ELSE 'DEGRADED' END,
                 last_error_at = :now, last_error_code = :code
               WHERE name = :system"""
        ),
        {"system": system, "now": now, "code": error.code},
    )
