"""How much waits everywhere, in figures that a monitor may ask for every few seconds."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.live.lag import measure_lag
from hub.observe.gauges import Standing
from hub.reads.calls import list_calls
from hub.reads.systems import list_systems
from hub.work.counts import counts
from hub.work.tables import Queue, WorkState

# A backlog or a broken source may put millions of records there; for an alarm "very many" is exact enough.
QUARANTINED_COUNTED_AT_MOST: Final = 10_000

_LAGS = text(
    """
    SELECT l.flow, r.started_at FROM lane l CROSS JOIN LATERAL (
        SELECT started_at FROM flow_run WHERE lane_id = l.id AND state = 'COMPLETED' ORDER BY created_at DESC LIMIT 1
    ) r WHERE l.mode = 'AUTHORITATIVE'
    """
)

_QUARANTINED = text(
    """
    SELECT l.flow, count(*) FROM (SELECT lane_id FROM quarantine WHERE state = 'OPEN' LIMIT :most) q
    JOIN lane l ON l.id = q.lane_id GROUP BY l.flow
    """
)

_DRIFTED = text("SELECT system, entity, kind, sum(objects)::bigint FROM contract_drift GROUP BY 1, 2, 3")

_DRIFTS_OPEN = text(
    """
    SELECT d.system, d.entity, count(*) FROM contract_drift d
    WHERE d.contract_version = (SELECT n.contract_version FROM contract_drift n WHERE n.system = d.system
        AND n.entity = d.entity ORDER BY n.last_seen_at DESC, n.id DESC LIMIT 1)
    GROUP BY 1, 2
    """
)

_AUDIT_DRIFT = text(
    """
    SELECT m.flow, p.unexplained FROM cadence_migration m
    JOIN lane auditor ON auditor.id = m.from_lane AND auditor.mode = 'VERIFY'
    JOIN lane live ON live.id = m.to_lane AND live.mode = 'AUTHORITATIVE'
    CROSS JOIN LATERAL (SELECT unexplained FROM parity_run WHERE migration = m.id AND audit AND compared_at IS NOT NULL
        ORDER BY number DESC LIMIT 1) p
    WHERE m.state IN ('OBSERVING', 'PAUSED', 'COMPLETED')
    """
)

_DELIVERIES = text(
    """SELECT channel, state, count(*) AS rows, min(planned_for) FILTER (WHERE state = 'PLANNED') AS first
       FROM lead_delivery WHERE state IN ('PLANNED', 'CLAIMED', 'SENDING', 'UNKNOWN') GROUP BY 1, 2"""
)


async def standing(connection: AsyncConnection, now: datetime) -> Standing:
    """Everything as of one moment; each statement walks an index of what is open, never what is done."""
    work = await counts(connection)
    lag = await measure_lag(connection, now)
    oldest_s = dict.fromkeys((str(queue) for queue in Queue), 0.0)
    for count in work:
        if count.state is WorkState.READY:
            oldest_s[str(count.queue)] = max(0.0, (now - count.oldest).total_seconds())
    completed = await connection.execute(_LAGS)
    quarantined = await connection.execute(_QUARANTINED, {"most": QUARANTINED_COUNTED_AT_MOST})
    calls = await list_calls(connection, now)
    drifted = await connection.execute(_DRIFTED)
    drifts_open = await connection.execute(_DRIFTS_OPEN)
    audit_drift = await connection.execute(_AUDIT_DRIFT)
    deliveries = (await connection.execute(_DELIVERIES)).all()
    return Standing(
        rows={(str(count.queue), str(count.state)): count.rows for count in work},
        oldest_ready_s=oldest_s,
        feed_pending=lag.pending,
        feed_lag_s=lag.oldest_s,
        flow_lag_s={flow: (now - started_at).total_seconds() for flow, started_at in completed},
        quarantined={flow: count for flow, count in quarantined},  # noqa: C416 - a dict() of rows has no types
        systems={row.name: row.state for row in await list_systems(connection)},
        calls_left={row.name: row.budget.left for row in calls if row.budget is not None},
        deliveries={(row.channel, row.state): row.rows for row in deliveries},
        delivery_oldest_due_s={
            row.channel: max(0.0, (now - row.first).total_seconds()) for row in deliveries if row.first is not None
        },
        drifts_open={(system, entity): count for system, entity, count in drifts_open},
        audit_drift={flow: found for flow, found in audit_drift},  # noqa: C416 - a dict() of rows has no types
        drifted={(system, entity, kind): count for system, entity, kind, count in drifted},
    )
