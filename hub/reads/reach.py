"""Whose data a caller may see, as a part of every statement rather than a check behind it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, select, true

from hub.customers.tables import CustomerAlias


@dataclass(frozen=True, slots=True)
class Reach:
    """All customers, or with `only` that customer alone; after a merge `only` stands for its current id."""

    only: UUID | None = None

    def allows(self, customer_id: ColumnElement[UUID]) -> ColumnElement[bool]:
        """The condition on a statement's column that holds the customer's id; a row of nobody is for `EVERYONE`."""
        if self.only is None:
            return true()
        current = select(CustomerAlias.current_id).where(CustomerAlias.alias_id == self.only).scalar_subquery()
        return customer_id == func.coalesce(current, literal(self.only))


EVERYONE = Reach()
