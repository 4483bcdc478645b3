"""Decisions with their entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.offers.tables import Decision, NextBestAction
from hub.reads.reach import Reach
from hub.reads.rows import Shape, fetch


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision without its entries."""

    id: UUID
    customer_id: UUID
    channel: str
    session_id: UUID | None
    reason: str | None
    language: str | None
    source: str
    cause: str
    catalogue: str
    asked_for: int
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One entry of a decision."""

    id: UUID
    rank: int
    proposition: str
    treatment: str
    propensity: float
    context: float
    value: float
    levers: float
    outcome: str
    outcome_at: datetime | None


_DECISIONS, _ACTIONS = Shape(DecisionRow, Decision), Shape(ActionRow, NextBestAction)


async def decision_by_id(connection: AsyncConnection, decision: UUID, reach: Reach) -> DecisionRow | None:
    """The decision if the caller may see its customer."""
    statement = select(*_DECISIONS.columns).where(
        Decision.id == decision, reach.allows(_DECISIONS.column("customer_id"))
    )
    return next(iter(await fetch(connection, DecisionRow, statement)), None)


async def actions_of(connection: AsyncConnection, decision: UUID) -> Sequence[ActionRow]:
    """The entries in order of rank; the decision must have been read under the caller's reach."""
    statement = select(*_ACTIONS.columns).where(NextBestAction.decision_id == decision)
    return await fetch(connection, ActionRow, statement.order_by(NextBestAction.rank))


async def standing_decision(
    connection: AsyncConnection, customer: UUID, channel: str, session: UUID | None, reach: Reach
) -> DecisionRow | None:
    """The latest decision of the session, or without one of the customer in the channel."""
    statement = select(*_DECISIONS.columns).where(
        Decision.customer_id == customer, Decision.channel == channel, reach.allows(_DECISIONS.column("customer_id"))
    )
    if session is not None:
        statement = statement.where(Decision.session_id == session)
    statement = statement.order_by(Decision.decided_at.desc(), Decision.number.desc()).limit(1)
    return next(iter(await fetch(connection, DecisionRow, statement)), None)
