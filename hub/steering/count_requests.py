"""Requests opened in a period: how soon answered, how long each step took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.steering.figures import RequestFigures, Share, Spread, StepTime
from hub.steering.scope import Scope, named

_OPENED: Final = """
  SELECT r.id, r.opened_at AS at, r.state, h.channel, h.topic, h.respond_by, h.responded_at, h.closed_at
  FROM business_request r JOIN request_handling h ON h.request_id = r.id
  WHERE r.system = 'hub' AND NOT r.deleted AND r.opened_at >= :from AND r.opened_at < :to
    AND (CAST(:channel AS text) IS NULL OR h.channel = :channel)"""

_REQUESTS: Final = """
WITH request AS ({opened}),
timed AS (
  SELECT *, extract(epoch FROM responded_at - at) AS response_s, extract(epoch FROM closed_at - at) AS lead_s
  FROM request)
SELECT {key} AS key, count(*) AS opened, count(*) FILTER (WHERE state = 'COMPLETED') AS completed,
  count(*) FILTER (WHERE responded_at IS NOT NULL OR closed_at IS NOT NULL OR respond_by < :now) AS due,
  count(*) FILTER (WHERE responded_at <= respond_by) AS in_time,
  count(response_s) AS responses, percentile_cont(0.5) WITHIN GROUP (ORDER BY response_s) AS response_median,
  percentile_cont(0.9) WITHIN GROUP (ORDER BY response_s) AS response_p90,
  count(lead_s) AS leads, percentile_cont(0.5) WITHIN GROUP (ORDER BY lead_s) AS lead_median,
  percentile_cont(0.9) WITHIN GROUP (ORDER BY lead_s) AS lead_p90
FROM timed GROUP BY 1
"""

# A step's time runs from the end of whatever step was done before it, in the order in which they really ended.
_STEPS: Final = """
WITH request AS ({opened}),
done AS (
  SELECT r.at, r.channel, r.topic, t.name, extract(epoch FROM t.changed_at - coalesce(
      lag(t.changed_at) OVER (PARTITION BY t.request_id ORDER BY t.changed_at, t.position), r.at)) AS lead_s, 0 AS open
  FROM request r JOIN request_task t ON t.request_id = r.id WHERE t.state = 'COMPLETED'),
waiting AS (
  SELECT r.at, r.channel, r.topic, t.name, CAST(NULL AS numeric), 1
  FROM request r JOIN request_task t ON t.request_id = r.id WHERE t.state IN ('NEW', 'ACTIVE', 'HOLD'))
SELECT {key} AS key, topic AS of_topic, name, count(lead_s) AS done, sum(open) AS open,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY lead_s) AS median,
  percentile_cont(0.9) WITHIN GROUP (ORDER BY lead_s) AS p90
FROM (SELECT * FROM done UNION ALL SELECT * FROM waiting) step GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


async def count_requests(
    connection: AsyncConnection, scope: Scope, now: datetime
) -> Mapping[str | None, RequestFigures]:
    """By group; a request belongs to the channel in which it was opened."""
    statement = _REQUESTS.format(opened=_OPENED, key=scope.key)
    rows = await connection.execute(text(statement), named(statement, scope.binds(now)))
    return {
        row.key: RequestFigures(
            opened=row.opened,
            completed=row.completed,
            service_level=Share(row.in_time, row.due),
            response_time=Spread(row.responses, row.response_median, row.response_p90),
            lead_time=Spread(row.leads, row.lead_median, row.lead_p90),
        )
        for row in rows
    }


async def time_steps(
    connection: AsyncConnection, scope: Scope, now: datetime
) -> Mapping[str | None, Sequence[StepTime]]:
    """By group, in order of topic and name."""
    statement = _STEPS.format(opened=_OPENED, key=scope.key)
    steps: defaultdict[str | None, list[StepTime]] = defaultdict(list)
    for row in await connection.execute(text(statement), named(statement, scope.binds(now))):
        steps[row.key].append(StepTime(row.of_topic, row.name, Spread(row.done, row.median, row.p90), int(row.open)))
    return steps
