"""Reads of customers in the audit trail: one row for all whom an answer showed, however many they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.origin import Origin
from hub.store.straight import run

_INTO: Final = """
INSERT INTO audit_event (at, principal, action, object_type, object_id, outcome, request_id, detail, address, purpose,
  session, channel, customers)
SELECT r.at, r.principal, 'read',
  CASE WHEN w.customers[2] IS NULL THEN 'Customer' ELSE 'Customers' END,
  CASE WHEN w.customers[2] IS NULL THEN CAST(w.customers[1] AS text) ELSE r.detail->>'place' END,
  'DONE', r.request_id,
  CASE WHEN r.session IS NULL OR r.session = w.session THEN r.detail
    ELSE r.detail || jsonb_build_object('claimedSession', r.session) END,
  r.address, r.purpose, w.session, w.channel, CASE WHEN w.customers[2] IS NOT NULL THEN w.customers END
FROM (
  SELECT at, principal, request_id, CAST(detail AS jsonb) AS detail, address, purpose, session,
    (CAST($1 AS uuid[]))[since:until] AS customers
  FROM unnest(CAST($2 AS int[]), CAST($3 AS int[]), CAST($4 AS timestamptz[]), CAST($5 AS text[]), CAST($6 AS text[]),
      CAST($7 AS text[]), CAST($8 AS text[]), CAST($9 AS text[]), CAST($10 AS uuid[]))
    AS r(since, until, at, principal, request_id, detail, address, purpose, session)
  OFFSET 0
) AS r
CROSS JOIN LATERAL (
  SELECT coalesce(n.id, o.id) AS session, coalesce(n.channel, o.channel) AS channel, array_agg(c.id) AS customers
  FROM unnest(r.customers) AS c(id)
  LEFT JOIN (
    SELECT DISTINCT ON (s.customer_id) s.customer_id, s.id, s.channel FROM customer_session s
    WHERE s.customer_id = ANY(r.customers) AND s.agent = r.principal AND (s.ended_at IS NULL OR s.ended_at >= r.at)
    ORDER BY s.customer_id, s.started_at DESC
  ) AS o ON o.customer_id = c.id
  LEFT JOIN (
    SELECT s.customer_id, s.id, s.channel FROM customer_session s
    WHERE s.id = r.session AND (s.agent = r.principal OR s.agent IS NULL)
      AND (s.ended_at IS NULL OR s.ended_at >= r.at)
  ) AS n ON n.customer_id = c.id OR n.customer_id IS NULL
  GROUP BY 1, 2
) AS w"""
"""A row for all of an answer who were shown within the same session, or none: the one that the caller names (`n`),
where it is his and this customer's, or else the contact that he has with the customer at that time (`o`). One that he
names and that is not stands in the detail."""


class Shown(NamedTuple):
    """A read without the customers: `place` is the schema's field that showed them (`Query.customer`), `operation` the
    client's name for it."""

    principal: str
    place: str
    operation: str | None
    request_id: str | None
    origin: Origin


class Look(NamedTuple):
    """What an answer showed, and when."""

    shown: Shown
    at: datetime
    customers: Sequence[UUID]


async def record_reads(connection: AsyncConnection, looks: Sequence[Look]) -> None:
    """Append them in one statement, the customers of each in their order."""
    if not looks:
        return
    customers: list[UUID] = []
    since: list[int] = []
    until: list[int] = []
    for look in looks:
        since.append(len(customers) + 1)
        customers += look.customers
        until.append(len(customers))
    shown = [look.shown for look in looks]
    await run(
        connection,
        _INTO,
        customers,
        since,
        until,
        [look.at for look in looks],
        [one.principal for one in shown],
        [one.request_id for one in shown],
        [_detail(one.place, one.operation) for one in shown],
        [one.origin.address for one in shown],
        [one.origin.purpose for one in shown],
        [one.origin.session for one in shown],
    )


@lru_cache(maxsize=512)
def _detail(place: str, operation: str | None) -> str:
    return orjson.dumps({"place": place} | ({} if operation is None else {"operation": operation})).decode()
