"""Offers and promises of a period: what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.steering.count_contacts import TOPIC_OF_SESSION
from hub.steering.figures import OfferFigures, Share
from hub.steering.scope import Scope, named

# An offer is an entry of a list; what was reported without one is an offer of its own. It counts once, where it began.
_OFFERS: Final = """
WITH offer AS (
  SELECT min(occurred_at) AS at, (array_agg(channel ORDER BY occurred_at, event_id))[1] AS channel,
    (array_agg(session_id ORDER BY occurred_at, event_id))[1] AS session_id,
    bool_or(kind = 'SHOWN') AS shown, bool_or(kind IN ('CLICKED', 'INTEREST', 'BANNER')) AS clicked,
    bool_or(kind = 'ACCEPTED') AS accepted, bool_or(kind = 'REJECTED') AS rejected,
    bool_or(kind = 'LATER') AS later, bool_or(kind = 'DISMISSED') AS dismissed
  FROM contact_event
  WHERE occurred_at >= :from AND occurred_at < :to AND proposition IS NOT NULL
  GROUP BY coalesce(CAST(next_best_action_id AS text), event_id)),
placed AS (
  SELECT o.*, {topic} AS topic FROM offer o LEFT JOIN customer_session s ON s.id = o.session_id
  WHERE CAST(:channel AS text) IS NULL OR o.channel = :channel)
SELECT {key} AS key, count(*) FILTER (WHERE shown) AS shown, count(*) FILTER (WHERE clicked) AS clicked,
  count(*) FILTER (WHERE accepted) AS accepted, count(*) FILTER (WHERE rejected) AS rejected,
  count(*) FILTER (WHERE later) AS later, count(*) FILTER (WHERE dismissed) AS dismissed,
  count(*) FILTER (WHERE shown AND accepted) AS converted
FROM placed GROUP BY 1
"""

_COMMITMENTS: Final = """
WITH promise AS (
  SELECT c.due_at AS at, c.state = 'KEPT' AND c.settled_at <= c.due_at AS kept,
    coalesce(l.channel, s.channel, h.channel) AS channel, coalesce({topic}, h.topic) AS topic
  FROM commitment c LEFT JOIN customer_session s ON s.id = c.session_id
  LEFT JOIN session_leg l ON l.session_id = c.session_id AND l.number = 1
  LEFT JOIN request_handling h ON h.request_id = c.request_id
  WHERE c.due_at >= :from AND c.due_at < :to AND c.state <> 'WITHDRAWN' AND (c.due_at <= :now OR c.state = 'KEPT')),
placed AS (SELECT * FROM promise WHERE CAST(:channel AS text) IS NULL OR channel = :channel)
SELECT {key} AS key, count(*) AS due, count(*) FILTER (WHERE kept) AS kept FROM placed GROUP BY 1
"""


async def count_offers(connection: AsyncConnection, scope: Scope, now: datetime) -> Mapping[str | None, OfferFigures]:
    """By group, at the events' own times."""
    statement = _OFFERS.format(topic=_topic(scope), key=scope.key)
    rows = await connection.execute(text(statement), named(statement, scope.binds(now)))
    return {
        row.key: OfferFigures(
            row.shown,
            row.clicked,
            row.accepted,
            row.rejected,
            row.later,
            row.dismissed,
            Share(row.converted, row.shown),
        )
        for row in rows
    }


async def count_commitments(connection: AsyncConnection, scope: Scope, now: datetime) -> Mapping[str | None, Share]:
    """Kept in time, of those that were due in the period and not withdrawn."""
    statement = _COMMITMENTS.format(topic=_topic(scope), key=scope.key)
    rows = await connection.execute(text(statement), named(statement, scope.binds(now)))
    return {row.key: Share(row.kept, row.due) for row in rows}


def _topic(scope: Scope) -> str:
    return TOPIC_OF_SESSION if scope.by_topic else "CAST(NULL AS text)"
