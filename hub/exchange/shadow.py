"""What lanes without authority would send: noted, never sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.exchange.effect import Effect, by_object, changes_json, effect_of, net_effects
from hub.exchange.outbound_flow import OutboundFlow
from hub.records.lanes import FlowCadence
from hub.store.sets import run_set

_INSERT: Final = """
INSERT INTO shadow_command (lane_id, key, target, entity, operation, object_id, external_id, line, changes,
  from_version, version, wanted_from, at, left_at)
SELECT r.lane_id, r.key, r.target, r.entity, r.operation, r.object_id, r.external_id, r.line, r.changes,
  r.from_version, r.version, r.wanted_from, r.at, r.left_at
FROM json_to_recordset(CAST(:rows AS json)) AS r(place int, lane_id bigint, key text, target text, entity text,
  operation text, object_id text, external_id text, line text, changes jsonb, from_version int, version int,
  wanted_from timestamptz, at timestamptz, left_at timestamptz)
ORDER BY r.place
ON CONFLICT (lane_id, key) DO NOTHING
"""

_WAITING: Final = text(
    """
    SELECT s.* FROM shadow_command s
    WHERE s.lane_id = :lane AND s.left_at IS NULL AND s.at <= :until AND s.object_id <= (
      SELECT max(object_id) FROM (
        SELECT DISTINCT object_id FROM shadow_command WHERE lane_id = :lane AND left_at IS NULL AND at <= :until
        ORDER BY object_id LIMIT :objects) o)
    ORDER BY s.object_id, s.version, s.id FOR UPDATE OF s
    """
)


async def note_shadows(connection: AsyncConnection, flow: OutboundFlow, effects: Sequence[Effect]) -> None:
    """For each recording lane: a real-time one would send the changes now, another one with its next batch."""
    noted = [
        _row(lane.id, effect, effect.at if lane.cadence is FlowCadence.REAL_TIME else None)
        for effect in effects
        for lane in flow.recording
    ]
    if noted:
        await run_set(connection, _INSERT, [row | {"place": place} for place, row in enumerate(noted)])


async def leave_in_shadow(
    connection: AsyncConnection, lane_id: int, until: datetime, objects: int, now: datetime
) -> tuple[int, int]:
    """Replace what a recording lane collected up to `until` by its net effects, as if their batch left `now`.

    Up to `objects` objects; tells how many changes there were and how many effects they came to, (0, 0) at the end.
    """
    found = (await connection.execute(_WAITING, {"lane": lane_id, "until": until, "objects": objects})).all()
    if not found:
        return 0, 0
    nets = [net for group in by_object(effect_of(row) for row in found) for net in net_effects(group)]
    await connection.execute(
        text("DELETE FROM shadow_command WHERE id = ANY(:ids)"), {"ids": [row.id for row in found]}
    )
    leaving = [net.effect for net in nets if net.effect is not None]
    await run_set(
        connection, _INSERT, [_row(lane_id, one, now) | {"place": place} for place, one in enumerate(leaving)]
    )
    return len(found), len(leaving)


async def forget_waiting(connection: AsyncConnection, flow: str) -> None:
    """Drop what the flow's recording lanes collected and did not send yet: a lane that changes its mode begins anew."""
    await connection.execute(
        text(
            """DELETE FROM shadow_command s USING lane l
               WHERE l.flow = :flow AND s.lane_id = l.id AND s.left_at IS NULL"""
        ),
        {"flow": flow},
    )


async def forget_shadows(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete up to `limit` rows of what lanes would have sent before then, and tell how many."""
    gone = await connection.execute(
        text(
            """DELETE FROM shadow_command WHERE id = ANY(ARRAY(
                 SELECT old.id FROM lane l CROSS JOIN LATERAL (
                   SELECT s.id FROM shadow_command s
                   WHERE s.lane_id = l.id AND s.at < :before ORDER BY s.at LIMIT :limit
                 ) old LIMIT :limit))"""
        ),
        {"before": before, "limit": limit},
    )
    return gone.rowcount


def _row(lane_id: int, effect: Effect, left_at: datetime | None) -> dict[str, object]:
    return {
        "lane_id": lane_id,
        "key": effect.key,
        "target": effect.target,
        "entity": effect.entity,
        "operation": effect.operation.value,
        "object_id": effect.object_id,
        "external_id": effect.external_id,
        "line": effect.line,
        "changes": changes_json(effect.changes),
        "from_version": effect.from_version,
        "version": effect.version,
        "wanted_from": effect.wanted_from,
        "at": effect.at,
        "left_at": left_at,
    }
