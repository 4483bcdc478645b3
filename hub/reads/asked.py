"""What a decision engine is told of a customer, and what the last decision for him was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.tables import CustomerIdentifier
from hub.offers.question import Question
from hub.ports.decision_engine import Asked
from hub.reads.customers import customers_by_id
from hub.reads.decisions import actions_of, standing_decision
from hub.reads.reach import Reach


@dataclass(frozen=True, slots=True)
class ToAsk:
    """The question for the engine; `last` has the propensities of the last decision, None where there is none."""

    asked: Asked
    last: Mapping[str, float] | None


async def to_ask(connection: AsyncConnection, customer: UUID, question: Question, reach: Reach) -> ToAsk | None:
    """None for a customer whom the caller may not see: nobody is asked about him."""
    row = (await customers_by_id(connection, [customer], reach)).get(customer)
    if row is None:
        return None
    columns = (CustomerIdentifier.system, CustomerIdentifier.external_id)
    known = select(*columns).where(CustomerIdentifier.customer_id == row.id).order_by(*columns).limit(100)
    asked = Asked(
        customer=row.id,
        identifiers=[(system, external_id) for system, external_id in await connection.execute(known)],
        channel=question.channel,
        session=question.session,
        reason=question.reason,
        language=question.language or row.language,
        limit=question.limit,
    )
    standing = await standing_decision(connection, row.id, question.channel, question.session, reach)
    if standing is None:
        return ToAsk(asked, None)
    return ToAsk(asked, {one.proposition: one.propensity for one in await actions_of(connection, standing.id)})
