"""Changes of the list that stands before a customer."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Final
from uuid import UUID

import strawberry
from strawberry.relay import GlobalID

from hub.offers.record_decision import TOPIC
from hub.reads.decisions import standing_decision
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import subscribed
from schema.ids import uuid_of
from schema.subscriptions.follow import After
from schema.subscriptions.follow_customer import follow_customer
from schema.types.next_best_action import Decision

REQUIRES: Final = Requires(Scope.OFFERS_READ)


@strawberry.type(description="The list as it stands now, because a decision was made for the customer.")
class NextBestActionUpdate:
    """One message."""

    cursor: str = strawberry.field(description="Give it as `after` to go on behind this message.")
    event: str = strawberry.field(
        description="CURRENT for the first message, else DecisionCreateEvent, or when the customer was merged or split "
        "DecisionAttributeValueChangeEvent."
    )
    decision: Decision | None = strawberry.field(description="The list that stands; null before the first request.")


@strawberry.type
class NextBestActionUpdates:
    """Mixed into Subscription."""

    @subscribed(
        "The list that stands for a customer in a channel or session: first as it is now (unless `after` is given), "
        "then after each decision. Decisions that come faster than they are read are told once, with the latest. "
        "Follows the id: when the customer is merged into another, that one's list is told, and his own again when "
        "they are split.",
        REQUIRES,
    )
    async def next_best_action_updates(
        self,
        info: Info,
        customer_id: Annotated[GlobalID, strawberry.argument(description="The customer's id.")],
        channel: Annotated[str, strawberry.argument(description="The list's channel.")],
        session_id: Annotated[GlobalID | None, strawberry.argument(description="The list's session.")] = None,
        after: After = None,
    ) -> AsyncGenerator[NextBestActionUpdate, None]:
        """NOT_FOUND for a customer whom the caller may not see, as for one that is not there."""
        session = None if session_id is None else uuid_of(session_id, "CustomerSession")
        messages = follow_customer(info.context, TOPIC, uuid_of(customer_id, "Customer"), after, REQUIRES)
        async with aclosing(messages):
            async for message, customer in messages:
                standing = await _standing(info, customer.id, channel, session)
                yield NextBestActionUpdate(cursor=message.cursor, event=message.event, decision=standing)


async def _standing(info: Info, customer: UUID, channel: str, session: UUID | None) -> Decision | None:
    async with info.context.reading() as connection:
        row = await standing_decision(connection, customer, channel, session, info.context.reach)
    return None if row is None else await Decision.visible(info, row.id)
