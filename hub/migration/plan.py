"""Plan the migration of a flow, and start it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import uuid4

import orjson
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Conflict, Invalid, NotFound
from hub.migration.desk import Desk
from hub.migration.evidence import append
from hub.migration.lanes import LaneRow, authoritative, lanes_of
from hub.migration.loads import is_faster
from hub.migration.person import audited
from hub.migration.preflight import Preflight, preflight
from hub.migration.states import expect
from hub.migration.stored import Migration, by_id, hold_open, move, tell
from hub.records.lanes import FlowCadence, LaneMode
from hub.records.migration import MigrationState
from hub.settings.flows import Flow


async def plan(
    connection: AsyncConnection, desk: Desk, flow_name: str, to: FlowCadence, by: str, now: datetime
) -> tuple[Migration, Preflight]:
    """Make the migration and answer its preflight; one that has not started is looked at again.

    Conflict while another one is under way, Invalid for a lane that the flow does not have or that is not faster.
    """
    flow = desk.flow(flow_name)
    candidate = desk.lane(flow, to)
    migration = await _planned(connection, flow, to, by, now)
    found = await preflight(connection, desk, flow, candidate, now)
    body = found.as_body()
    migration = await move(
        connection,
        migration,
        MigrationState.PREFLIGHT,
        now,
        "PREFLIGHT",
        {"by": by, **body},
        settings=flow.migration.model_dump(mode="json"),
        preflight=body,
    )
    await audited(connection, migration, by, "planMigration", now, {"to": to.value})
    return replace(migration, rules=flow.migration, preflight=body), found


async def _planned(connection: AsyncConnection, flow: Flow, to: FlowCadence, by: str, now: datetime) -> Migration:
    incumbent, candidate = await _lanes(connection, flow, to)
    try:
        migration = await hold_open(connection, flow.name)
    except NotFound:
        return await _made(connection, flow, incumbent, candidate, by, now)
    if migration.state not in (MigrationState.DRAFT, MigrationState.PREFLIGHT):
        raise Conflict(f"flow {flow.name} has a migration under way: it is {migration.state.value}")
    if migration.to_lane != candidate.id:
        raise Conflict(f"flow {flow.name} has another migration planned: abort it first")
    return migration


async def _lanes(connection: AsyncConnection, flow: Flow, to: FlowCadence) -> tuple[LaneRow, LaneRow]:
    incumbent = await authoritative(connection, flow.name)
    candidate = next((row for row in await lanes_of(connection, flow.name) if row.cadence is to), None)
    if candidate is None:
        raise NotFound(f"the {to.value} lane of flow {flow.name} is not in the database yet: restart the hub")
    if candidate.mode is LaneMode.RETIRED:
        raise Invalid(f"the {to.value} lane of flow {flow.name} is retired", ("to",))
    if not is_faster(to, incumbent.cadence):
        raise Invalid(f"flow {flow.name} is {incumbent.cadence.value} already; a migration makes it faster", ("to",))
    return incumbent, candidate


async def _made(
    connection: AsyncConnection, flow: Flow, incumbent: LaneRow, candidate: LaneRow, by: str, now: datetime
) -> Migration:
    identity = uuid4()
    values = {
        "id": identity,
        "flow": flow.name,
        "from": incumbent.id,
        "to": candidate.id,
        "settings": orjson.dumps(flow.migration.model_dump(mode="json")).decode(),
        "by": by,
        "now": now,
    }
    try:
        async with connection.begin_nested():
            await connection.execute(
                text(
                    """INSERT INTO cadence_migration (id, flow, from_lane, to_lane, state, settings, created_by,
                         created_at, changed_at)
                       VALUES (:id, :flow, :from, :to, 'DRAFT', CAST(:settings AS jsonb), :by, :now, :now)"""
                ),
                values,
            )
    except IntegrityError:
        raise Conflict(f"flow {flow.name} was given a migration by somebody else just now") from None
    body = {"by": by, "flow": flow.name, "from": incumbent.cadence.value, "to": candidate.cadence.value}
    await append(connection, identity, "PLANNED", body, now)
    await tell(connection, flow.name, "CadenceMigrationCreateEvent", now)
    return await by_id(connection, identity)


def blockers_of(migration: Migration) -> list[str]:
    """What the last preflight found that keeps the migration from starting, in words."""
    findings = (migration.preflight or {}).get("findings")
    told = findings if isinstance(findings, list) else []
    return [str(finding["message"]) for finding in told if finding["severity"] == "BLOCKER"]


def ready_to_start(migration: Migration) -> None:
    """Conflict when it is not planned, or when the preflight found what blocks it."""
    expect(migration.state, MigrationState.PREFLIGHT)
    if blockers := blockers_of(migration):
        raise Conflict(f"the preflight says no: {'; '.join(blockers)}")
