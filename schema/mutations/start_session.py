"""Start a contact with a customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.contacts.introduce import NewCustomer
from hub.contacts.recognise_caller import Clues
from hub.contacts.start_session import Beginning, start_session
from hub.errors import Invalid
from hub.matching.person import Written
from schema.authorise import Requires, Scope
from schema.conducting import conductor
from schema.context import Context, Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.mutations.contact_payload import KEY
from schema.mutations.outcome import Outcome, Problem, carry_out, under_key
from schema.types.enums import Direction, PartyKind, Recognition
from schema.types.likely_caller import LikelyCaller, kept_callers, shown_callers
from schema.types.session import CustomerSession


@strawberry.input(description="What somebody says of himself; the more, the surer.")
class CallerPersonInput:
    """Weighed as records are, where no identifier names him."""

    given_name: str | None = strawberry.field(default=None, description="Given name or initials.")
    family_name: str | None = strawberry.field(default=None, description="Family name.")
    birth_date: date | None = strawberry.field(default=None, description="Date of birth.")
    street: str | None = strawberry.field(default=None, description="Street, with or without the number.")
    house_number: str | None = strawberry.field(default=None, description="House number.")
    postal_code: str | None = strawberry.field(default=None, description="Postal code.")
    locality: str | None = strawberry.field(default=None, description="Town.")

    def written(self) -> Written:
        """As the hub weighs it."""
        told = {field: "" if value is None else str(value) for field, value in asdict(self).items()}
        return Written(**told)


@strawberry.input(description="What a channel knows of who is in contact; the surest clue decides.")
class ClueInput:
    """All may be left out: then the contact is anonymous."""

    phone: str | None = strawberry.field(default=None, description="Number calling, national or international.")
    email: str | None = strawberry.field(default=None, description="Address writing, or logged in with.")
    cookie: str | None = strawberry.field(default=None, description="The channel's own mark of a device.")
    customer_number: str | None = strawberry.field(default=None, description="Number the customer says is his.")
    customer_id: GlobalID | None = strawberry.field(default=None, description="Who it is, chosen from a list.")
    person: CallerPersonInput | None = strawberry.field(
        default=None, description="What he says of himself, which decides where the other clues do not."
    )

    def clues(self) -> Clues:
        """As the hub takes them."""
        customer = None if self.customer_id is None else uuid_of(self.customer_id, "Customer")
        person = None if self.person is None else self.person.written()
        return Clues(self.phone, self.email, self.cookie, self.customer_number, customer, person)


@strawberry.input(description="Somebody whom no system knows; made in the hub at once and in the CRM with the contact.")
class NewCustomerInput:
    """Reached by the phone or e-mail among the clues."""

    name: str = strawberry.field(description="Full name.")
    kind: PartyKind = strawberry.field(default=PartyKind.PERSON, description="Person or organisation.")
    language: str | None = strawberry.field(default=None, description="Preferred language (BCP 47).")

    def customer(self) -> NewCustomer:
        """As the hub takes it."""
        return NewCustomer(self.name, self.kind, self.language)


@strawberry.input(description="A contact that begins.")
class StartSessionInput:
    """The same for every channel."""

    channel: str = strawberry.field(description="Name of the channel in hub.yaml, such as call-centre.")
    direction: Direction = strawberry.field(default=Direction.INBOUND, description="Who began it.")
    known: ClueInput | None = strawberry.field(
        default=None, description="What is known of him. A customer's own token says it all: leave it out then."
    )
    new_customer: NewCustomerInput | None = strawberry.field(
        default=None, description="Make him where nobody answers to the clues."
    )
    reason: str | None = strawberry.field(default=None, description="Why he is here, at most 500 characters.")
    topic: str | None = strawberry.field(default=None, description="The same as a topic of the catalogue.")
    queue: str | None = strawberry.field(default=None, description="The queue it waits in.")
    started_at: datetime | None = strawberry.field(
        default=None, description="When it began, where the channel tells of it afterwards; at most 7 days ago."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="The session with the customer's view, or why none was started.")
class StartSessionPayload:
    """One round trip gives all that a channel shows first."""

    session: CustomerSession | None = strawberry.field(description="The session.")
    recognition: Recognition | None = strawberry.field(description="What the clues came to.")
    candidates: list[LikelyCaller] = strawberry.field(
        description="Who it may be, likeliest first, where what he says of himself was weighed; needs customers:read."
    )
    problems: list[Problem] = strawberry.field(description="Why no session was started.")

    @classmethod
    async def of(cls, info: Info, outcome: Outcome) -> Self:
        """The session read anew."""
        session, recognition = outcome.response.get("session"), outcome.response.get("recognition")
        return cls(
            session=None if session is None else await CustomerSession.visible(info, UUID(str(session))),
            recognition=None if recognition is None else Recognition(str(recognition)),
            candidates=await shown_callers(info, outcome.response.get("callers")),
            problems=outcome.problems,
        )


Input = Annotated[StartSessionInput, strawberry.argument(description="How it begins.")]


@strawberry.type
class StartSessionMutation:
    """Mixed into Mutation."""

    @resolved(
        "Start a contact: who it is is recognised, it gets its id, and Sales hears of it where the company's rule says "
        "so. Works while packages are down: what waits for them leaves later.",
        Requires(Scope.CONTACTS_CONDUCT),
    )
    async def start_session(self, info: Info, input: Input) -> StartSessionPayload:
        """A repeat under the same key gives the same session, as it is now."""
        given, context = under_key(input), info.context
        outcome = await carry_out(
            context, "startSession", given, lambda c: _start(context, c, input), key=input.idempotency_key
        )
        return await StartSessionPayload.of(info, outcome)


async def _start(context: Context, connection: AsyncConnection, given: StartSessionInput) -> Mapping[str, object]:
    beginning = Beginning(
        channel=given.channel,
        direction=given.direction,
        clues=clues_of(context, given.known),
        new_customer=None if given.new_customer is None else given.new_customer.customer(),
        reason=given.reason,
        topic=given.topic,
        queue=given.queue,
        started_at=given.started_at,
    )
    started = await start_session(connection, context.hub.contacts, beginning, conductor(context), context.now())
    return {
        "session": str(started.session.id),
        "recognition": started.recognition.value,
        "callers": kept_callers(started.callers),
    }


def clues_of(context: Context, known: ClueInput | None) -> Clues:
    """A customer's own token is the only clue that counts for him."""
    own = context.principal.customer
    if own is None:
        return Clues() if known is None else known.clues()
    if known is not None:
        raise Invalid("your own token says who you are", ("known",))
    return Clues(customer=own)
