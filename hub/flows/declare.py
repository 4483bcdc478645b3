"""Bring the rows of systems, flows, lanes and schedules in line with hub.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.settings.flows import Flow, PlannedFlow
from hub.settings.systems import ConnectedSystem
from hub.store.sets import run_set

_OF_LANE: Final = {"cadence", "mode", "via", "settle_s"}


async def declare_systems(connection: AsyncConnection, systems: Iterable[ConnectedSystem]) -> None:
    """Insert or update; a system that left the file is DISABLED and keeps its records."""
    rows = [{"name": s.name, "adapter": s.adapter, "roles": [role.value for role in s.roles]} for s in systems]
    await run_set(
        connection,
        """INSERT INTO connected_system AS c (name, adapter, roles)
           SELECT r.name, r.adapter, ARRAY(SELECT json_array_elements_text(r.roles))
           FROM json_to_recordset(CAST(:rows AS json)) AS r(name text, adapter text, roles json)
           ON CONFLICT (name) DO UPDATE SET adapter = excluded.adapter, roles = excluded.roles,
             state = CASE WHEN c.state = 'DISABLED' THEN 'ACTIVE' ELSE c.state END""",
        rows,
    )
    await connection.execute(
        text("UPDATE connected_system SET state = 'DISABLED' WHERE name <> ALL(:names)"),
        {"names": [row["name"] for row in rows]},
    )


async def declare_flows(connection: AsyncConnection, flows: Sequence[Flow], planned: Sequence[PlannedFlow]) -> None:
    """Insert or update flows and lanes; epochs and the modes that a migration set stay as they are."""
    rows = [
        *(_flow_row(flow, planned=False) | {"prerequisites": list(flow.prerequisites)} for flow in flows),
        *(_flow_row(flow, planned=True) | {"prerequisites": []} for flow in planned),
    ]
    await run_set(
        connection,
        """INSERT INTO information_flow (name, business_flow, title, planned, entity, source, target, prerequisites)
           SELECT r.name, r.business_flow, r.title, r.planned, r.entity, r.source, r.target,
             ARRAY(SELECT json_array_elements_text(r.prerequisites))
           FROM json_to_recordset(CAST(:rows AS json)) AS r(name text, business_flow int, title text, planned boolean,
             entity text, source text, target text, prerequisites json)
           ON CONFLICT (name) DO UPDATE SET business_flow = excluded.business_flow, title = excluded.title,
             planned = excluded.planned, entity = excluded.entity, source = excluded.source,
             target = excluded.target, prerequisites = excluded.prerequisites""",
        rows,
    )
    lanes = [
        {"flow": flow.name, **lane.model_dump(mode="json", include=_OF_LANE)} for flow in flows for lane in flow.lanes
    ]
    await run_set(
        connection,
        """INSERT INTO lane (flow, cadence, mode, via, settle_s)
           SELECT r.flow, r.cadence, r.mode, r.via, r.settle_s
           FROM json_to_recordset(CAST(:rows AS json))
             AS r(flow text, cadence text, mode text, via text, settle_s int)
           ON CONFLICT (flow, cadence) DO UPDATE SET via = excluded.via, settle_s = excluded.settle_s""",
        lanes,
    )


def _flow_row(flow: Flow | PlannedFlow, *, planned: bool) -> dict[str, object]:
    return {
        "name": flow.name,
        "business_flow": flow.business_flow,
        "title": flow.title,
        "planned": planned,
        "entity": None if flow.entity is None else flow.entity.value,
        "source": flow.source,
        "target": flow.target,
    }
