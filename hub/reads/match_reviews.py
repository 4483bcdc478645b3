"""Pairs of customers who may be one person, over all customers, for the stewards who decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, Double, Select, Text, and_, case, exists, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from hub.customers.likeness.tables import LikenessCase
from hub.customers.tables import CustomerIdentifier, StewardDecision
from hub.reads.conditions import Condition, Declared, where
from hub.reads.paging import Order, Page, Window, page_of, windowed
from hub.reads.reach import Reach
from hub.reads.rows import fetch
from hub.store.sets import read_along_keys
from hub.store.tables import SourceRecord


@dataclass(frozen=True, slots=True)
class MatchReviewRow:
    """The two records that speak most for two customers being one; `bits` are the log2 of the odds.

    `same_system`: one system numbers the two customers apart, by these records or by others.
    """

    bits: float
    system_a: str
    external_id_a: str
    system_b: str
    external_id_b: str
    found_at: datetime
    customer_id: UUID
    other_id: UUID
    same_system: bool


@dataclass(frozen=True, slots=True)
class ReviewConditions:
    """What listed pairs fulfil, all of it; None leaves a condition out."""

    least_bits: float | None = None
    system: str | None = None
    same_system: bool | None = None


_case = LikenessCase.__table__.c
_a, _b = aliased(CustomerIdentifier, name="a"), aliased(CustomerIdentifier, name="b")
_x, _y = aliased(CustomerIdentifier, name="x"), aliased(CustomerIdentifier, name="y")
_KEY: Final = (_case["bits"], _case["system_a"], _case["external_id_a"], _case["system_b"], _case["external_id_b"])
REVIEW_ORDER: Final = Order("LIKELIEST", _KEY, descending=True)

_ONE_OF_THEM: Final = _x.customer_id.in_((_a.customer_id, _b.customer_id))
_THE_OTHER: Final = _y.customer_id == case((_x.customer_id == _a.customer_id, _b.customer_id), else_=_a.customer_id)
"""x is a record of the one customer and y of the other: said so that each is found by an index, whatever is known of
the tables' sizes."""
_SAME_SYSTEM: Final = exists(
    select(1).where(_x.customer_id == _a.customer_id, _y.customer_id == _b.customer_id, _x.system == _y.system)
).correlate(_a, _b)
_DIFFERENT: Final = exists(
    select(1).where(
        _ONE_OF_THEM,
        _THE_OTHER,
        StewardDecision.verdict == "DIFFERENT",
        StewardDecision.system_a == _x.system,
        StewardDecision.external_id_a == _x.external_id,
        StewardDecision.system_b == _y.system,
        StewardDecision.external_id_b == _y.external_id,
    )
).correlate(_a, _b)
_more = aliased(LikenessCase, name="more")
_SPEAKS_LESS: Final = exists(
    select(1).where(
        _ONE_OF_THEM,
        _THE_OTHER,
        _more.system_a == _x.system,
        _more.external_id_a == _x.external_id,
        _more.system_b == _y.system,
        _more.external_id_b == _y.external_id,
        tuple_(*(getattr(_more, column.key or "") for column in _KEY)) > tuple_(*_KEY),
    )
).correlate(_a, _b, LikenessCase)
"""Another pair of records of the same two customers says more."""

CONDITIONS: Final[Declared] = {
    "least_bits": Condition(Double(), lambda bits: LikenessCase.bits >= bits),
    "system": Condition(Text(), lambda system: or_(LikenessCase.system_a == system, LikenessCase.system_b == system)),
    "same_system": Condition(Boolean(), lambda same: same == _SAME_SYSTEM),
}


def _lives(system: ColumnElement[str], external_id: ColumnElement[str]) -> ColumnElement[bool]:
    return exists(
        select(1).where(
            SourceRecord.system == system,
            SourceRecord.entity == "customer",
            SourceRecord.external_id == external_id,
            ~SourceRecord.deleted,
        )
    )


def _matching(conditions: ReviewConditions, reach: Reach) -> Select[Any]:  # Any: a row of columns
    own = (_case[name] for name in ("bits", "system_a", "external_id_a", "system_b", "external_id_b", "found_at"))
    return (
        select(*own, _a.customer_id, _b.customer_id.label("other_id"), _SAME_SYSTEM.label("same_system"))
        .select_from(LikenessCase)
        .join(_a, and_(_a.system == _case["system_a"], _a.external_id == _case["external_id_a"]))
        .join(_b, and_(_b.system == _case["system_b"], _b.external_id == _case["external_id_b"]))
        .where(
            _a.customer_id != _b.customer_id,
            reach.allows(_a.customer_id.expression),
            reach.allows(_b.customer_id.expression),
            _lives(_case["system_a"], _case["external_id_a"]),
            _lives(_case["system_b"], _case["external_id_b"]),
            ~_DIFFERENT,
            ~_SPEAKS_LESS,
            *where(CONDITIONS, conditions),
        )
    )


async def list_reviews(
    connection: AsyncConnection, conditions: ReviewConditions, window: Window, reach: Reach
) -> Page[MatchReviewRow]:
    """One window of the pairs that are still two customers whom nobody declared different, the likeliest first."""
    await read_along_keys(connection)
    statement = windowed(_matching(conditions, reach), REVIEW_ORDER, window)
    rows: Sequence[MatchReviewRow] = await fetch(connection, MatchReviewRow, statement)
    return page_of(rows, window)


async def count_reviews(connection: AsyncConnection, conditions: ReviewConditions, reach: Reach) -> int:
    """How many there are; reads them all."""
    await read_along_keys(connection)
    matching = _matching(conditions, reach).subquery()
    return (await connection.execute(select(func.count()).select_from(matching))).scalar_one()
