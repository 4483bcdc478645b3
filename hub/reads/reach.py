"""Whose data a caller may see, as a part of every statement rather than a check behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, func, literal, select, true

from hub.customers.tables import CustomerAlias
from hub.store.statement import parameter


@dataclass(frozen=True, slots=True)
class Reach:
    """All customers, or with `only` that customer alone; after a merge `only` stands for its current id."""

    only: UUID | ColumnElement[Any] | None = None
    """A parameter in a statement that is kept for many callers."""

    def allows(self, customer_id: ColumnElement[UUID]) -> ColumnElement[bool]:
        """The condition on a statement's column that holds the customer's id; a row of nobody is for `EVERYONE`."""
        if self.only is None:
            return true()
        return customer_id == current_id(self.only)


def current_id(customer_id: UUID | ColumnElement[Any]) -> ColumnElement[UUID]:
    """The id that a customer's id stands for now: its own, or after a merge another."""
    asked = customer_id if isinstance(customer_id, ColumnElement) else literal(customer_id, Uuid())
    current = select(CustomerAlias.current_id).where(CustomerAlias.alias_id == asked)
    return func.coalesce(current.correlate_except(CustomerAlias).scalar_subquery(), asked)


EVERYONE = Reach()

ONLY: Final = "only"
"""The parameter of a kept statement for the customer that the caller is."""


def reach_of_callers(*, alone: bool) -> Reach:
    """In a statement that is kept: for those who see everyone, or for those who see themselves only, by ONLY."""
    return Reach(parameter(ONLY, Uuid())) if alone else EVERYONE
