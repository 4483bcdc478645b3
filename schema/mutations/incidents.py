"""Declare an incident, and end it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.contacts.incidents import declare_incident, end_incident
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.mutations.contact_payload import KEY
from schema.mutations.outcome import Outcome, Problem, carry_out
from schema.types.session import Incident


@strawberry.input(description="An outage that explains many contacts.")
class DeclareIncidentInput:
    """Shown in every channel until it ends."""

    message: str = strawberry.field(description="What to tell customers, at most 2000 characters.")
    topics: list[str] = strawberry.field(
        default_factory=list, description="Topics of the catalogue that it is about; none: everything."
    )
    suspends_offers: bool = strawberry.field(
        default=True, description="Whether offers rest while it lasts: who is cut off wants no offer."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="An incident that is over.")
class EndIncidentInput:
    """Contacts that it explains stay counted."""

    incident_id: GlobalID = strawberry.field(description="The incident.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="The incident as it is now, or why nothing happened.")
class IncidentPayload:
    """One of the two is empty."""

    incident: Incident | None = strawberry.field(description="The incident.")
    problems: list[Problem] = strawberry.field(description="Why nothing happened.")

    @classmethod
    async def of(cls, info: Info, outcome: Outcome) -> Self:
        """Read anew."""
        identity = outcome.response.get("incident")
        found = None if identity is None else await Incident.visible(info, UUID(str(identity)))
        return cls(incident=found, problems=outcome.problems)


Declared = Annotated[DeclareIncidentInput, strawberry.argument(description="What goes wrong.")]
Ended = Annotated[EndIncidentInput, strawberry.argument(description="What is over.")]


@strawberry.type
class IncidentMutations:
    """Mixed into Mutation."""

    @resolved(
        "From now on every channel is shown the message, contacts that it explains are counted, and offers rest where "
        "they would offend.",
        Requires(Scope.INCIDENTS_DECLARE),
    )
    async def declare_incident(self, info: Info, input: Declared) -> IncidentPayload:
        """For who leads a channel."""
        given = {"message": input.message, "topics": input.topics, "suspends": input.suspends_offers}
        outcome = await carry_out(
            info.context,
            "declareIncident",
            given,
            lambda c: _declare(info.context, c, input),
            key=input.idempotency_key,
        )
        return await IncidentPayload.of(info, outcome)

    @resolved("The incident is over.", Requires(Scope.INCIDENTS_DECLARE))
    async def end_incident(self, info: Info, input: Ended) -> IncidentPayload:
        """CONFLICT for one that has ended already."""
        given = {"incident": str(input.incident_id)}
        outcome = await carry_out(
            info.context, "endIncident", given, lambda c: _end(info.context, c, input), key=input.idempotency_key
        )
        return await IncidentPayload.of(info, outcome)


async def _declare(context: Context, connection: AsyncConnection, given: DeclareIncidentInput) -> Mapping[str, object]:
    by, now = context.principal.subject, context.now()
    desk, suspends = context.hub.contacts, given.suspends_offers
    incident = await declare_incident(connection, desk, given.message, given.topics, suspends, by, now)
    return {"incident": str(incident)}


async def _end(context: Context, connection: AsyncConnection, given: EndIncidentInput) -> Mapping[str, object]:
    incident = uuid_of(given.incident_id, "Incident")
    await end_incident(connection, incident, context.principal.subject, context.now())
    return {"incident": str(incident)}
