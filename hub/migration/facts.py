"""Gather what the gates depend on, in one place and one transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Conflict
from hub.migration.desk import Desk
from hub.migration.forecast import inbound_load, outbound_load
from hub.migration.gates import Facts, GateResult, evaluate, refused
from hub.migration.lanes import lane
from hub.migration.loads import measured, unmet_prerequisites
from hub.migration.stored import Migration
from hub.migration.windows import waiting, window_facts

MINUTES_PER_DAY = 1_440


async def gates_of(connection: AsyncConnection, desk: Desk, migration: Migration, now: datetime) -> list[GateResult]:
    """Every gate as it stands now, by the rules that the migration was planned under."""
    return evaluate(migration.rules, await gather(connection, desk, migration, now))


async def gather(connection: AsyncConnection, desk: Desk, migration: Migration, now: datetime) -> Facts:
    """Windows, quarantine, budget and prerequisites."""
    flow = desk.flow(migration.flow)
    row = await lane(connection, migration.to_lane)
    candidate = desk.lane(flow, row.cadence)
    load = (await measured(connection, flow, now)).load
    load_of = inbound_load if flow.inbound else outbound_load
    calls = load_of(candidate, desk.capabilities(flow, candidate), load, now).calls_per_day
    quarantined: int = await connection.scalar(
        text("SELECT count(*) FROM quarantine WHERE lane_id = :lane AND state = 'OPEN'"), {"lane": migration.to_lane}
    )
    return Facts(
        cadence=row.cadence,
        outbound=not flow.inbound,
        windows=await window_facts(connection, migration.id, audit=False),
        waiting=await waiting(connection, migration),
        quarantine_open=quarantined,
        budget_share=calls / (desk.limit(flow, candidate) * MINUTES_PER_DAY),
        unmet=await unmet_prerequisites(connection, flow, row.cadence),
    )


def require(results: list[GateResult]) -> None:
    """Conflict that names every gate that is not passed, with its examples."""
    if closed := refused(results):
        raise Conflict(f"{len(closed)} gates are not passed: {' · '.join(str(result) for result in closed)}")


def as_body(results: list[GateResult]) -> list[dict[str, object]]:
    """The gates as evidence keeps them."""
    return [
        {"name": r.name, "ok": r.ok, "measured": r.measured, "limit": r.limit, "examples": list(r.examples)}
        for r in results
    ]
