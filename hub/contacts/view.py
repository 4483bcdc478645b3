"""What is known of a customer, as the expressions of topics see it, with where each part comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_VIEW: Final = text(
    """
    SELECT jsonb_build_object(
      'name', c.name, 'given_name', c.given_name, 'family_name', c.family_name, 'birth_date', c.birth_date,
      'language', c.language, 'status', c.status, 'customer_number', c.customer_number,
      'value_class', c.value_class,
      'emails', (SELECT coalesce(jsonb_agg(m.value ORDER BY m.preferred DESC, m.normalised), '[]') FROM
        (SELECT * FROM contact_medium WHERE customer_id = c.id AND kind = 'EMAIL' LIMIT 20) m),
      'phones', (SELECT coalesce(jsonb_agg(m.normalised ORDER BY m.preferred DESC, m.normalised), '[]') FROM
        (SELECT * FROM contact_medium WHERE customer_id = c.id AND kind = 'PHONE' LIMIT 20) m),
      'addresses', (SELECT coalesce(jsonb_agg(jsonb_build_object(
          'street', a.street, 'house_number', a.house_number, 'unit', a.unit, 'postal_code', a.postal_code,
          'locality', a.locality, 'country', a.country) ORDER BY a.preferred DESC, a.id), '[]') FROM
        (SELECT * FROM postal_address WHERE customer_id = c.id LIMIT 20) a),
      'products', (SELECT coalesce(jsonb_agg(p.product ORDER BY p.product), '[]') FROM
        (SELECT product FROM product_holding WHERE customer_id = c.id AND NOT deleted LIMIT 100) p)
    ) AS view, c.language, c.status
    FROM customer c WHERE c.id = :id
    """
)


@dataclass(frozen=True, slots=True)
class View:
    """Names as in the canonical customer record; `emails`, `phones` and `addresses` have preferred ones first."""

    values: Mapping[str, object]
    language: str | None = None
    status: str | None = None


async def view_of(connection: AsyncConnection, customer: UUID | None) -> View:
    """An empty one for somebody unknown."""
    if customer is None:
        return View({})
    row = (await connection.execute(_VIEW, {"id": customer})).one_or_none()
    return View({}) if row is None else View(row.view, row.language, row.status)
