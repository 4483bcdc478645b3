"""Contacts of a period: how many, how soon answered, how long, how well."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.steering.figures import ContactFigures, Feedback, Money, Share, Spread
from hub.steering.scope import Scope, named

# A contact belongs to the channel in which it began: a transfer is that channel's doing, and nothing counts twice.
# A leg never begins before its session, nor does a dialog: the indexes by time then leave out all that came before.
_BEGUN: Final = """
  SELECT s.id, s.started_at AS at, s.answered_at, s.result, s.csat, s.nps, s.direction, s.channel, {topic} AS topic
  FROM customer_session s WHERE s.started_at >= :from AND s.started_at < :to"""

TOPIC_OF_SESSION: Final = """coalesce(s.topic, (SELECT d.topic FROM business_dialog d WHERE d.session_id = s.id
      ORDER BY d.started_at, d.id LIMIT 1))"""

_CONTACTS: Final = """
WITH setting AS (
  SELECT * FROM unnest(CAST(:channels AS text[]), CAST(:targets AS int[]), CAST(:costs AS numeric[]),
    CAST(:yields AS numeric[])) AS c(channel, target_s, cost, yielded)),
begun AS ({begun}),
leg AS (
  SELECT l.session_id, max(l.channel) FILTER (WHERE l.number = 1) AS channel,
    bool_or(l.result = 'TRANSFERRED' AND l.ended_at > s.answered_at) AS transferred,
    sum(extract(epoch FROM greatest(l.ended_at - greatest(l.began_at, s.answered_at), interval '0'))) AS served_s
  FROM begun s JOIN session_leg l ON l.session_id = s.id AND l.began_at >= :from GROUP BY l.session_id),
session AS (
  SELECT s.id, s.at, s.answered_at, s.result, s.csat, s.nps, s.direction, s.topic, l.transferred, l.served_s,
    coalesce(l.channel, s.channel) AS channel
  FROM begun s LEFT JOIN leg l ON l.session_id = s.id),
contact AS (
  SELECT s.*, c.cost, c.yielded, s.answered_at IS NOT NULL AS answered,
    CASE WHEN s.direction = 'INBOUND' THEN extract(epoch FROM s.answered_at - s.at) END AS waited_s,
    CASE WHEN s.answered_at IS NOT NULL AND s.result IN ('COMPLETED', 'CUSTOMER_TERMINATED') THEN s.served_s
      END AS handled_s,
    coalesce(c.target_s, :target) AS target_s
  FROM session s LEFT JOIN setting c ON c.channel = s.channel
  WHERE CAST(:channel AS text) IS NULL OR s.channel = :channel)
SELECT {key} AS key, count(*) AS contacts,
  count(*) FILTER (WHERE direction = 'INBOUND' AND (answered OR result IS NOT NULL
    OR at + make_interval(secs => target_s) < :now)) AS due,
  count(*) FILTER (WHERE waited_s <= target_s) AS in_time,
  count(waited_s) AS waited, percentile_cont(0.5) WITHIN GROUP (ORDER BY waited_s) AS wait_median,
  percentile_cont(0.9) WITHIN GROUP (ORDER BY waited_s) AS wait_p90,
  count(handled_s) AS handled, percentile_cont(0.5) WITHIN GROUP (ORDER BY handled_s) AS handle_median,
  percentile_cont(0.9) WITHIN GROUP (ORDER BY handled_s) AS handle_p90,
  count(*) FILTER (WHERE answered) AS answered, count(*) FILTER (WHERE transferred) AS transferred,
  count(csat) AS csats, avg(csat) AS csat, count(*) FILTER (WHERE csat >= 4) AS satisfied,
  count(nps) AS npss, 100.0 * (count(*) FILTER (WHERE nps >= 9) - count(*) FILTER (WHERE nps <= 6))
    / nullif(count(nps), 0) AS nps,
  count(*) FILTER (WHERE cost IS NOT NULL OR yielded IS NOT NULL) AS priced,
  coalesce(sum(cost), 0) AS cost, coalesce(sum(yielded), 0) AS yielded
FROM contact GROUP BY 1
"""

# What is on the edge of the period is judged by what lies up to `days` beyond it.
_TOPICS: Final = """
WITH about AS (
  SELECT s.customer_id, s.topic, s.id, s.channel, s.started_at AS at FROM customer_session s
  WHERE s.customer_id IS NOT NULL AND s.topic IS NOT NULL
    AND s.started_at >= CAST(:from AS timestamptz) - make_interval(days => :days)
    AND s.started_at < CAST(:to AS timestamptz) + make_interval(days => :days)
  UNION
  SELECT s.customer_id, d.topic, s.id, s.channel, s.started_at FROM customer_session s
  JOIN business_dialog d ON d.session_id = s.id AND d.state <> 'CANCELLED'
    AND d.started_at >= CAST(:from AS timestamptz) - make_interval(days => :days)
  WHERE s.customer_id IS NOT NULL
    AND s.started_at >= CAST(:from AS timestamptz) - make_interval(days => :days)
    AND s.started_at < CAST(:to AS timestamptz) + make_interval(days => :days)),
ranked AS (
  SELECT id, topic, channel, at, at - lag(at) OVER w <= make_interval(days => :days) AS again,
    lead(at) OVER w - at <= make_interval(days => :days) AS returned
  FROM about WINDOW w AS (PARTITION BY customer_id, topic ORDER BY at, id)),
marked AS (
  SELECT r.at, {channel} AS channel, r.topic, coalesce(r.again, false) AS again,
    coalesce(r.returned, false) AS returned
  FROM ranked r {legs} WHERE r.at >= :from AND r.at < :to)
SELECT {key} AS key, count(*) AS asked, count(*) FILTER (WHERE again) AS again,
  count(*) FILTER (WHERE NOT again AND at + make_interval(days => :days) <= :now) AS firsts,
  count(*) FILTER (WHERE NOT again AND NOT returned AND at + make_interval(days => :days) <= :now) AS resolved
FROM marked WHERE CAST(:channel AS text) IS NULL OR channel = :channel GROUP BY 1
"""

_FIRST_LEG: Final = "LEFT JOIN session_leg l ON l.session_id = r.id AND l.number = 1 AND l.began_at >= :from"


async def count_contacts(
    connection: AsyncConnection, scope: Scope, now: datetime
) -> Mapping[str | None, ContactFigures]:
    """By group."""
    begun = _BEGUN.format(topic=TOPIC_OF_SESSION if scope.by_topic else "CAST(NULL AS text)")
    binds = {**scope.binds(now), **_settings(scope)}
    contacts = await _rows(connection, _CONTACTS.format(begun=begun, key=scope.key), binds)
    channel, legs = ("coalesce(l.channel, r.channel)", _FIRST_LEG) if scope.of_channels else ("r.channel", "")
    topics = _TOPICS.format(key=scope.key, channel=channel, legs=legs)
    topics_found = await _rows(connection, topics, binds)
    keys = dict.fromkeys([*contacts, *topics_found])
    return {key: _figures(contacts.get(key), topics_found.get(key)) for key in keys}


async def _rows(
    connection: AsyncConnection, statement: str, binds: Mapping[str, object]
) -> dict[str | None, Row[Any]]:  # Any: rows of text
    rows = await connection.execute(text(statement), named(statement, binds))
    return {row.key: row for row in rows}


def _settings(scope: Scope) -> Mapping[str, object]:
    channels = scope.channels
    return {
        "channels": list(channels),
        "targets": [channel.answer_seconds for channel in channels.values()],
        "costs": [channel.cost for channel in channels.values()],
        "yields": [channel.yield_ for channel in channels.values()],
        "target": scope.rules.answer_seconds,
    }


def _figures(contact: Row[Any] | None, topic: Row[Any] | None) -> ContactFigures:
    resolved = Share() if topic is None else Share(topic.resolved, topic.firsts)
    repeated = Share() if topic is None else Share(topic.again, topic.asked)
    if contact is None:
        return ContactFigures(first_contact_resolution=resolved, repeated=repeated)
    return ContactFigures(
        first_contact_resolution=resolved,
        repeated=repeated,
        contacts=contact.contacts,
        service_level=Share(contact.in_time, contact.due),
        response_time=Spread(contact.waited, contact.wait_median, contact.wait_p90),
        handling_time=Spread(contact.handled, contact.handle_median, contact.handle_p90),
        transferred=Share(contact.transferred, contact.answered),
        feedback=Feedback(
            satisfied=Share(contact.satisfied, contact.csats),
            csat=None if contact.csat is None else float(contact.csat),
            nps_answers=contact.npss,
            nps=None if contact.nps is None else float(contact.nps),
        ),
        money=Money(contact.priced, Decimal(contact.cost), Decimal(contact.yielded)),
    )
