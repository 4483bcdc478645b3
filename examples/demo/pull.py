"""Run every inbound flow once through the engine and show how it goes."""

from __future__ import annotations

import asyncio
from uuid import UUID

from rich.box import SIMPLE_HEAD
from rich.table import Table
from sqlalchemy import Row, text

from examples.demo.steps import CONSOLE
from hub.clock import utc_now
from hub.entrypoints.installation import Installation
from hub.errors import Rejected
from hub.flows.start_run import start_run
from hub.store.engine import Database

LOOK_S = 0.2
COLUMNS = {
    "read": "read",
    "new": "created",
    "changed": "changed",
    "same": "unchanged",
    "deleted": "deleted",
    "aside": "quarantined",
}
"""Heading and counter; short headings, so that 80 columns hold the table."""
OPEN = ("QUEUED", "RUNNING", "INTERRUPTED")


async def pull_everything(hub: Installation) -> None:
    """Order does not matter: an order that comes before its customer finds him later. Rejected when a run failed."""
    database = hub.open_database()
    try:
        runs: dict[str, UUID] = {}
        for flow in hub.configuration.flows.values():
            if flow.inbound:
                async with database.transaction() as connection:
                    runs[flow.name] = await start_run(connection, flow.name, utc_now())
        rows = await _finished(database, list(runs.values()))
        CONSOLE.print(_table(rows))
        failed = [f"{row.flow}: {row.error_message}" for row in rows if row.state != "COMPLETED"]
        if failed:
            raise Rejected("; ".join(failed))
    finally:
        await database.aclose()


async def _finished(database: Database, runs: list[UUID]) -> list[Row[tuple[object, ...]]]:
    with CONSOLE.status("") as status:
        while True:
            rows = await _rows(database, runs)
            if all(row.state not in OPEN for row in rows):
                return rows
            done = " ".join(f"{row.flow} {row.counters.get('read', 0)}" for row in rows)
            status.update(done)
            await asyncio.sleep(LOOK_S)


async def _rows(database: Database, runs: list[UUID]) -> list[Row[tuple[object, ...]]]:
    async with database.reading() as connection:
        found = await connection.execute(
            text(
                """SELECT l.flow, r.state, r.counters, r.error_message,
                     extract(epoch FROM r.finished_at - r.started_at) AS seconds
                   FROM flow_run r JOIN lane l ON l.id = r.lane_id WHERE r.id = ANY(:runs) ORDER BY l.flow"""
            ),
            {"runs": runs},
        )
        return list(found.all())


def _table(rows: list[Row[tuple[object, ...]]]) -> Table:
    table = Table("flow", *COLUMNS, "seconds", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for row in rows:
        counts = [str(row.counters.get(name, 0)) for name in COLUMNS.values()]
        table.add_row(row.flow, *counts, f"{row.seconds or 0:.1f}")
    return table
