"""Correct an e-mail address or phone number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.contacts.follow_correction import Corrected, follow_correction
from hub.errors import NotFound
from hub.flows.correct import checked_value, correct_contact_medium
from hub.reads.parts import parts_by_id
from hub.reads.reaching import MEDIA, MediumRow
from hub.reads.sessions import SESSIONS, SessionRow
from hub.records.enums import MediumKind
from schema.authorise import Requires, Scope
from schema.conducting import session_of
from schema.context import Context, Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.mutations.outcome import Problem, carry_out
from schema.types.customer import Customer


@strawberry.input(description="The corrected value.")
class CorrectContactMediumInput:
    """Replaces the value everywhere this customer has it."""

    contact_medium_id: GlobalID = strawberry.field(description="Id of the contact medium.")
    value: str = strawberry.field(description="What it should be.")
    session_id: GlobalID | None = strawberry.field(
        default=None, description="The session in which the customer said so; his history then tells it there."
    )
    dry_run: bool = strawberry.field(default=False, description="Check everything and change nothing.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Your own name for this request: repeated within 24 hours it gives the same answer."
    )


@strawberry.type(description="The customer as he is now, or why nothing was corrected.")
class CorrectContactMediumPayload:
    """One of the two is empty."""

    customer: Customer | None = strawberry.field(description="The customer with the corrected value.")
    problems: list[Problem] = strawberry.field(description="Why nothing was corrected.")


Input = Annotated[CorrectContactMediumInput, strawberry.argument(description="What to correct, and into what.")]


@strawberry.type
class CorrectContactMediumMutation:
    """Mixed into Mutation."""

    @resolved(
        "Correct a way to reach a customer: true in the hub at once, on its way to the systems that have it.",
        Requires(Scope.CUSTOMERS_CORRECT),
    )
    async def correct_contact_medium(self, info: Info, input: Input) -> CorrectContactMediumPayload:
        """A dry run answers with the customer as he is."""
        given = {"medium": str(input.contact_medium_id), "value": input.value, "session": str(input.session_id)}
        outcome = await carry_out(
            info.context,
            "correctContactMedium",
            given,
            lambda c: _correct(info.context, c, input),
            key=input.idempotency_key,
            dry_run=input.dry_run,
        )
        customer = outcome.response.get("customer")
        return CorrectContactMediumPayload(
            customer=None if customer is None else await Customer.visible(info, UUID(str(customer))),
            problems=outcome.problems,
        )


async def _correct(
    context: Context, connection: AsyncConnection, given: CorrectContactMediumInput
) -> Mapping[str, object]:
    medium = uuid_of(given.contact_medium_id, "ContactMedium")
    before = (await parts_by_id(connection, MEDIA, [medium], context.reach)).get(medium)
    if before is None:
        raise NotFound("there is no such contact medium")
    session = await _session(context, connection, given.session_id, before)
    by, now = context.principal.subject, context.now()
    customer = await correct_contact_medium(connection, medium, given.value, by, context.hub.rules, now)
    kind = MediumKind(before.kind)
    value = checked_value(kind, given.value, context.rules.region)
    if value != before.value:
        where = (None, None) if session is None else (session.id, session.channel)
        await follow_correction(connection, Corrected(customer, kind, before.normalised, value, *where), now)
    return {"customer": str(customer)}


async def _session(
    context: Context, connection: AsyncConnection, identity: GlobalID | None, medium: MediumRow
) -> SessionRow | None:
    """NotFound for a session that is not this customer's."""
    if identity is None:
        return None
    session_id = await session_of(context, connection, identity)
    session = (await parts_by_id(connection, SESSIONS, [session_id], context.reach))[session_id]
    if session.customer_id != medium.customer_id:
        raise NotFound("there is no such session of this customer")
    return session
