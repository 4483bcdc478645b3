"""What would be offered to a customer now, and why; neither keeps anything."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry.relay import GlobalID

from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.types.next_best_action import NextBestAction, OfferCandidate, considered
from schema.types.offer_session import OfferSession, question_of

CustomerId = Annotated[GlobalID, strawberry.argument(description="The customer's id.")]
Channel = Annotated[str, strawberry.argument(description="The channel as the catalogue names it, such as web.")]
Session = Annotated[OfferSession | None, strawberry.argument(description="The session it is for, if there is one.")]
Limit = Annotated[int, strawberry.argument(description="Most entries, 1 to 50.")]


@strawberry.type
class NextBestActionsQuery:
    """Mixed into Query."""

    @resolved(
        "What would be offered now. Nothing is kept, so entries have no id; before a list is shown to a customer, "
        "request it with requestNextBestActions.",
        Requires(Scope.OFFERS_READ),
    )
    async def next_best_actions(
        self, info: Info, customer_id: CustomerId, channel: Channel, session: Session = None, limit: Limit = 5
    ) -> list[NextBestAction]:
        """Computed afresh."""
        catalogue = info.context.hub.offering.catalogue
        found = await considered(info, uuid_of(customer_id, "Customer"), question_of(channel, limit, session))
        return NextBestAction.ranked(found, catalogue)

    @resolved(
        "Every proposition with its factors and its rank, or the first gate that dropped it. Without side effect.",
        Requires(Scope.OFFERS_EXPLAIN),
    )
    async def explain_next_best_actions(
        self, info: Info, customer_id: CustomerId, channel: Channel, session: Session = None, limit: Limit = 5
    ) -> list[OfferCandidate]:
        """Bounded by the catalogue, which has at most 2,000 propositions."""
        found = await considered(info, uuid_of(customer_id, "Customer"), question_of(channel, limit, session))
        return [OfferCandidate.of(one) for one in found.candidates(info.context.hub.offering.catalogue)]
