"""How calls to the systems go, as `hub systems` shows it."""

from __future__ import annotations

from datetime import datetime

from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from hub.clock import utc_now
from hub.reads.calls import CallsRow, list_calls
from hub.reads.systems import list_systems
from hub.store.engine import Database, open_engine

ANSWER_WITHIN_MS = 5_000


async def calls_table(url: str) -> Table | str:
    """A line per system that the database knows, or why there is none."""
    database = Database(open_engine(url, 1, ANSWER_WITHIN_MS))
    now = utc_now()
    try:
        async with database.reading() as connection:
            states = {row.name: row.state for row in await list_systems(connection)}
            calls = await list_calls(connection, now)
    except (SQLAlchemyError, OSError) as error:
        return (
            f"The database does not tell how calls go ({type(error).__name__}); `hub migrate-db` brings it up to date."
        )
    finally:
        await database.aclose()
    table = Table("system", "state", "breaker", "failures", "calls this minute", "until")
    for row in calls:
        table.add_row(row.name, states[row.name], row.breaker, str(row.failures), _spent(row), _until(row, now))
    return table


def _spent(row: CallsRow) -> str:
    budget = row.budget
    if budget is None:
        return "never called"
    return f"{budget.spent_realtime} real-time + {budget.spent_bulk} bulk of {budget.limit}"


def _until(row: CallsRow, now: datetime) -> str:
    if row.retry_at is not None:
        return f"probe in {_seconds(row.retry_at, now)} s after {row.reason}"
    if row.budget is not None and row.budget.blocked_until is not None:
        return f"asked for patience, {_seconds(row.budget.blocked_until, now)} s left"
    return ""


def _seconds(at: datetime, now: datetime) -> int:
    return max(0, round((at - now).total_seconds()))
