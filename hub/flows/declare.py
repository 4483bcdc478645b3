"""Bring the rows of systems, flows, lanes and schedules in line with hub.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Transient
from hub.exchange.authority import BEFORE_PAGES
from hub.settings.flows import Flow, PlannedFlow
from hub.settings.systems import ConnectedSystem
from hub.store.sets import run_set

_TOLD_BEFORE: Final = text(
    """WITH new AS (UPDATE information_flow SET consent_told = true
         WHERE consent IS NOT NULL AND NOT consent_told AND entity = 'customer' RETURNING target)
       UPDATE target_image t SET told = t.wanted FROM new WHERE t.target = new.target AND t.entity = 'customer'"""
)
"""What a system was told before its flow began to ask for consent may have to be withdrawn."""

_SWEEP_ANEW: Final = """
INSERT INTO consent_sweep (flow, after, fields)
SELECT f.name, :first, ARRAY(SELECT json_array_elements_text(r.fields))
FROM json_to_recordset(CAST(:rows AS json)) AS r(name text, consent jsonb, fields json)
JOIN information_flow f ON f.name = r.name WHERE f.consent IS DISTINCT FROM r.consent ORDER BY f.name
ON CONFLICT (flow) DO UPDATE SET after = excluded.after, fields = excluded.fields"""
"""Everybody is to be held to a consent that has changed, from the first customer on; where none is asked for any more,
the system is told what had been withheld."""

_ROWS: Final = """
json_to_recordset(CAST(:rows AS json)) AS r(name text, business_flow int, title text, planned boolean, entity text,
  source text, target text, prerequisites json, consent jsonb)"""

_AS_IT_WAS: Final = """
EXISTS (SELECT FROM information_flow k WHERE k.name = r.name
  AND (k.consent IS NOT NULL OR NOT k.consent_told)
  AND (k.business_flow, k.title, k.planned, k.entity, k.source, k.target, k.prerequisites, k.consent)
    IS NOT DISTINCT FROM (r.business_flow, r.title, r.planned, r.entity, r.source, r.target,
      ARRAY(SELECT json_array_elements_text(r.prerequisites)), r.consent))"""

_CHANGED: Final = f"""
SELECT f.name FROM {_ROWS} JOIN information_flow f ON f.name = r.name WHERE NOT {_AS_IT_WAS} ORDER BY f.name"""  # noqa: S608  constants of ours

_DECLARE: Final = f"""
INSERT INTO information_flow AS f (name, business_flow, title, planned, entity, source, target, prerequisites, consent)
SELECT r.name, r.business_flow, r.title, r.planned, r.entity, r.source, r.target,
  ARRAY(SELECT json_array_elements_text(r.prerequisites)), r.consent
FROM {_ROWS} WHERE NOT {_AS_IT_WAS}
ON CONFLICT (name) DO UPDATE SET business_flow = excluded.business_flow, title = excluded.title,
  planned = excluded.planned, entity = excluded.entity, source = excluded.source,
  target = excluded.target, prerequisites = excluded.prerequisites, consent = excluded.consent,
  consent_told = f.consent_told AND f.consent IS NOT NULL"""  # noqa: S608  constants of ours

PAGES_END_WITHIN_MS: Final = 10_000
"""A page is through long before; one that takes longer has met something that waits for a person."""

_GAVE_UP: Final = frozenset({"55P03", "40P01"})
"""SQLSTATE of a lock that did not come in time, and of a deadlock."""

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


async def declare_flows(
    connection: AsyncConnection,
    flows: Sequence[Flow],
    planned: Sequence[PlannedFlow],
    pages_end_within_ms: int = PAGES_END_WITHIN_MS,
) -> None:
    """Insert or update flows and lanes; epochs and the modes that a migration set stay as they are.

    A flow that is as it was is not touched. One that was changed waits for its pages in hand, and pages that come later
    wait for it: without a place in their line it would wait for as long as they overlap. Transient where they keep it
    for longer than `pages_end_within_ms`; then nothing was declared.
    """
    rows = [
        *(_flow_row(flow, planned=False) | {"prerequisites": list(flow.prerequisites)} for flow in flows),
        *(_flow_row(flow, planned=True) | {"prerequisites": []} for flow in planned),
    ]
    await _stand_in_line(connection, rows, pages_end_within_ms)
    await run_set(connection, _SWEEP_ANEW, rows, first=UUID(int=0))
    await run_set(connection, _DECLARE, rows)
    await connection.execute(_TOLD_BEFORE)
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


async def _stand_in_line(connection: AsyncConnection, rows: Sequence[Mapping[str, object]], within_ms: int) -> None:
    changed = (await run_set(connection, _CHANGED, rows)).scalars()
    if not changed:
        return
    await connection.execute(text(f"SET LOCAL lock_timeout = {within_ms}"))
    for flow in changed:
        try:
            await connection.execute(text(f"SELECT {BEFORE_PAGES}"), {"flow": flow})
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _GAVE_UP:
                raise
            raise Transient(
                f"flow {flow} was changed in hub.yaml and has a page in hand that takes long; start again"
            ) from None
    await connection.execute(text("SET LOCAL lock_timeout = 0"))


def _flow_row(flow: Flow | PlannedFlow, *, planned: bool) -> dict[str, object]:
    return {
        "name": flow.name,
        "business_flow": flow.business_flow,
        "title": flow.title,
        "planned": planned,
        "entity": None if flow.entity is None else flow.entity.value,
        "source": flow.source,
        "target": flow.target,
        "consent": _consent(flow) if isinstance(flow, Flow) else None,
        "fields": list(flow.fields) if isinstance(flow, Flow) else [],
    }


def _consent(flow: Flow) -> dict[str, object] | None:
    if flow.consent is None:
        return None
    return {**flow.consent.model_dump(mode="json"), "fields": list(flow.fields)}
