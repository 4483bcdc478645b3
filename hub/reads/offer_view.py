"""A customer as the conditions of propositions and segments see him: one document, made by one statement.

Names are those of the GraphQL schema, times and dates ISO texts; every list is there, empty where there is nothing, and
holds its newest 100. Names, addresses and numbers of the customer are left out: no offer may hang on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import NotFound
from hub.reads.belongings import RUNNING_REQUESTS
from hub.reads.reach import Reach
from hub.records.source import JsonObject

EVENTS_SEEN: Final = 100


@dataclass(frozen=True, slots=True)
class OfferView:
    """`ids` are the customer's current id and those merged into it."""

    customer: UUID
    ids: tuple[UUID, ...]
    language: str | None
    document: JsonObject

    def during(self, session: JsonObject) -> JsonObject:
        """The document with what the conditions may know of the session."""
        return {**self.document, "session": session}


def _newest(table: str, fields: str, where: str = "") -> str:
    """A list of the customer's newest objects of a table of belongings."""
    return f"""coalesce((SELECT json_agg(json_build_object({fields}) ORDER BY b.as_of DESC, b.id) FROM (
        SELECT * FROM {table} WHERE customer_id = c.id AND NOT deleted{where} ORDER BY as_of DESC, id DESC LIMIT 100
      ) b), '[]')"""  # noqa: S608  constant names


_RUNNING: Final = ", ".join(f"'{state.value}'" for state in RUNNING_REQUESTS)

_VIEW: Final = f"""
SELECT c.id, c.language, ARRAY(SELECT alias_id FROM customer_alias WHERE current_id = c.id) AS aliases,
  json_build_object(
    'customer', json_build_object('kind', c.kind, 'status', c.status, 'language', c.language,
      'valueClass', c.value_class, 'lifetimeValue', CAST(split_part(c.lifetime_value, ' ', 1) AS numeric),
      'lifetimeValueCurrency', split_part(c.lifetime_value, ' ', 2),
      'birthDate', c.birth_date, 'age', CAST(date_part('year', age(CAST(:now AS timestamptz), c.birth_date)) AS int)),
    'segments', coalesce((SELECT json_agg(segment ORDER BY segment) FROM (
      SELECT DISTINCT segment FROM customer_segment WHERE customer_id = c.id ORDER BY segment LIMIT 100) s), '[]'),
    'productHoldings', {_newest("product_holding", "'product', b.product, 'quantity', b.quantity, 'activeFrom', b.active_from, 'activeTo', b.active_to")},
    'orders', {_newest("sales_order", "'number', b.number, 'state', b.state, 'orderedOn', b.ordered_on, 'currency', b.currency, 'total', b.total, 'products', (SELECT coalesce(json_agg(l.product ORDER BY l.position), '[]') FROM sales_order_line l WHERE l.order_id = b.id)")},
    'requests', {_newest("business_request", f"'kind', b.kind, 'state', b.state, 'subject', b.subject, 'running', b.state IN ({_RUNNING})")},
    'leads', {_newest("sales_lead", "'name', b.name, 'state', b.state, 'rating', b.rating, 'priority', b.priority")},
    'campaignMemberships', {_newest("campaign_membership", "'campaign', b.campaign, 'state', b.state, 'step', b.step")}
  )::text AS document,
  coalesce((SELECT json_agg(json_build_object('kind', e.kind, 'proposition', e.proposition, 'subject', e.subject,
      'channel', e.channel, 'at', e.occurred_at) ORDER BY e.occurred_at DESC, e.event_id) FROM (
    SELECT * FROM contact_event
    WHERE customer_id = ANY(ARRAY(SELECT alias_id FROM customer_alias WHERE current_id = c.id) || c.id)
      AND occurred_at <= :now
    ORDER BY occurred_at DESC, event_id LIMIT {EVENTS_SEEN}) e), '[]')::text AS events
FROM customer c
WHERE c.id = coalesce((SELECT current_id FROM customer_alias WHERE alias_id = :customer), :customer)
  AND (CAST(:only AS uuid) IS NULL
    OR c.id = coalesce((SELECT current_id FROM customer_alias WHERE alias_id = :only), :only))
"""  # noqa: S608, E501  constant names; one line per list reads as the table it is


async def offer_view(connection: AsyncConnection, customer: UUID, reach: Reach, now: datetime) -> OfferView:
    """The customer an id stands for as he is at `now`; NotFound when there is none whom the caller may see."""
    given = {"customer": customer, "only": reach.only, "now": now}
    row = (await connection.execute(text(_VIEW), given)).one_or_none()
    if row is None:
        raise NotFound("there is no such customer")
    document: dict[str, Any] = orjson.loads(row.document)  # Any: JSON from the database
    return OfferView(
        customer=row.id,
        ids=(row.id, *row.aliases),
        language=row.language,
        document={**document, "events": orjson.loads(row.events)},
    )
