"""Ask for the list that is put before a customer, and keep it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.errors import Invalid, NotFound
from hub.offers.advice import Advice, ask_engine
from hub.offers.record_decision import Verdict, record_decision
from hub.reads.asked import to_ask
from hub.reads.consider import consider
from hub.records.offers import DecisionSource
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.mutations.outcome import Problem, carry_out
from schema.types.next_best_action import Decision
from schema.types.offer_session import OfferSession, question_of


@strawberry.input(description="For whom, where, and how many.")
class RequestNextBestActionsInput:
    """One question."""

    customer_id: GlobalID = strawberry.field(description="The customer's id.")
    channel: str = strawberry.field(description="The channel as the catalogue names it, such as web.")
    session: OfferSession | None = strawberry.field(default=None, description="The session it is for, if there is one.")
    limit: int = strawberry.field(default=5, description="Most entries, 1 to 50.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Your own name for this request: repeated within 24 hours it gives the same answer."
    )


@strawberry.type(description="The decision, or why there is none.")
class RequestNextBestActionsPayload:
    """One of the two is empty."""

    decision: Decision | None = strawberry.field(description="The list that now stands; it may be empty.")
    problems: list[Problem] = strawberry.field(description="Why nothing was decided.")


@strawberry.type
class RequestNextBestActionsMutation:
    """Mixed into Mutation."""

    @resolved(
        "Decide what to put before the customer, and keep it: the entries have ids, to which his answers are tied.",
        Requires(Scope.OFFERS_DECIDE),
    )
    async def request_next_best_actions(
        self,
        info: Info,
        input: Annotated[RequestNextBestActionsInput, strawberry.argument(description="The question.")],
    ) -> RequestNextBestActionsPayload:
        """A mutation because it keeps what it answers; the query of the same name keeps nothing."""
        advice = await _advice(info.context, input)
        outcome = await carry_out(
            info.context,
            "requestNextBestActions",
            strawberry.asdict(input),
            lambda c: _decide(info.context, c, input, advice),
            key=input.idempotency_key,
        )
        decision = outcome.response.get("decision")
        return RequestNextBestActionsPayload(
            decision=None if decision is None else await Decision.visible(info, UUID(str(decision))),
            problems=outcome.problems,
        )


async def _advice(context: Context, given: RequestNextBestActionsInput) -> Advice | None:
    """Campaign management's, asked before the transaction; what is wrong with the question is told inside that."""
    engine = context.hub.decision_engine
    if engine is None:
        return None
    try:
        question = question_of(given.channel, given.limit, given.session)
        customer = uuid_of(given.customer_id, "Customer")
    except (Invalid, NotFound):
        return None
    async with context.reading() as connection:
        found = await to_ask(connection, customer, question, context.reach)
    return None if found is None else await ask_engine(engine, found.asked, found.last)


async def _decide(
    context: Context, connection: AsyncConnection, given: RequestNextBestActionsInput, advice: Advice | None
) -> Mapping[str, object]:
    catalogue, now = context.hub.offering.catalogue, context.now()
    question = question_of(given.channel, given.limit, given.session)
    customer = uuid_of(given.customer_id, "Customer")
    found = (await consider(connection, catalogue, customer, question, context.reach, now)).advised(advice)
    source = DecisionSource.HUB if advice is None else advice.source
    verdict = Verdict(found.customer, found.segment, found.language, found.candidates(catalogue), source)
    decision = await record_decision(connection, verdict, question, catalogue.version, context.principal.subject, now)
    return {"decision": str(decision)}
