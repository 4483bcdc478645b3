"""A contact with a customer, and the incidents that explain some of them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry
from strawberry import relay

from hub.offers.question import Question
from hub.reads.contact_relations import (
    CONTACTS_OF_INCIDENT,
    DIALOGS_OF_SESSION,
    INCIDENTS_NOW,
    INCIDENTS_SHOWN,
    LEGS_OF_SESSION,
    OWN_CUSTOMER,
)
from hub.reads.sessions import SESSIONS, list_incidents
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.types.dialog import BusinessDialog
from schema.types.enums import Direction, IdentificationLevel, SessionPhase, SessionResult, SessionState
from schema.types.next_best_action import NextBestAction
from schema.types.of_row import SAID_BY, OfRow

if TYPE_CHECKING:
    from schema.types.customer import Customer


@strawberry.type(description="An outage that explains many contacts.")
class Incident(relay.Node, OfRow):
    """Shown in every channel while it lasts."""

    id: relay.NodeID[UUID]
    message: str = strawberry.field(description="What to tell customers.")
    topics: list[str] = strawberry.field(description="Topics it is about; empty: everything.")
    suspends_offers: bool = strawberry.field(description="Whether offers rest while it lasts.")
    declared_by: str = strawberry.field(description="Who declared it.")
    started_at: datetime = strawberry.field(description="Since when.")
    ended_at: datetime | None = strawberry.field(description="When it ended; null while it lasts.")

    @resolved("How many contacts it explains so far.", reads=CONTACTS_OF_INCIDENT)
    async def contacts(self, info: Info) -> int:
        """Counted for all incidents of the answer at once."""
        return await info.context.loaders.incident_contacts.load(self.id)

    @classmethod
    async def visible(cls, info: Info, identity: UUID) -> Self | None:
        """The incident with this id."""
        row = await info.context.loaders.incidents.load(identity)
        return None if row is None else cls.of(row)


@strawberry.type(description="A stretch of a session in one channel with one agent.")
class SessionLeg(OfRow):
    """A transfer ends one and begins the next."""

    number: int = strawberry.field(description="Place in the session, from 1.")
    channel: str = strawberry.field(description="The channel.")
    agent: str | None = strawberry.field(description="Who served the customer; null in a channel without persons.")
    began_at: datetime = strawberry.field(description="Since when.")
    ended_at: datetime | None = strawberry.field(description="Until when; null while it lasts.")
    result: SessionResult | None = strawberry.field(description="How it ended.")


@strawberry.type(description="One contact, from its start until the customer hangs up (TMF683 PartyInteraction).")
class CustomerSession(relay.Node, OfRow):
    """The same in every channel."""

    named = SAID_BY | {"identification_level": "level"}

    id: relay.NodeID[UUID]
    customer_id: strawberry.Private[UUID | None]
    contact_id: str = strawberry.field(description="What people read out; every system calls the contact so.")
    channel: str = strawberry.field(description="The channel it is in now.")
    direction: Direction = strawberry.field(description="Who began it.")
    phase: SessionPhase = strawberry.field(description="Where in the contact model it is.")
    state: SessionState = strawberry.field(description="Whether it is conducted now.")
    result: SessionResult | None = strawberry.field(description="How it ended; null before.")
    identification_level: IdentificationLevel = strawberry.field(description="How sure it is who the customer is.")
    reason: str | None = strawberry.field(description="Why the customer is here, in the channel's words.")
    topic: str | None = strawberry.field(description="The same as a topic of the catalogue, where it is known.")
    agent: str | None = strawberry.field(description="Who conducts it, or is to take it.")
    queue: str | None = strawberry.field(description="The queue it waits in.")
    disposition: str | None = strawberry.field(description="What was made of it, in the words of who wrapped it up.")
    csat: int | None = strawberry.field(description="Satisfaction that the customer gave it, from 1 to 5.")
    nps: int | None = strawberry.field(description="How likely he recommends the company, from 0 to 10.")
    registered_at: datetime | None = strawberry.field(description="When it was registered with Sales; null: it is not.")
    started_at: datetime = strawberry.field(description="When it began.")
    active_at: datetime = strawberry.field(description="When something last happened in it.")
    ended_at: datetime | None = strawberry.field(description="When it was closed.")

    @resolved("Whose contact it is; null while nobody knows.", Requires(Scope.CUSTOMERS_READ), reads=OWN_CUSTOMER)
    async def customer(self, info: Info) -> Annotated[Customer, strawberry.lazy("schema.types.customer")] | None:
        """Loaded for all sessions of the answer at once."""
        from schema.types.customer import Customer  # the two types name each other

        return None if self.customer_id is None else await Customer.visible(info, self.customer_id)

    @resolved("Who served the customer in which channel, in order.", reads=LEGS_OF_SESSION)
    async def legs(self, info: Info) -> list[SessionLeg]:
        """Transfers and returns."""
        return [SessionLeg.of(row) for row in await info.context.loaders.legs.load(self.id)]

    @resolved("The topics dealt with, in order; at most 100.", reads=DIALOGS_OF_SESSION)
    async def dialogs(self, info: Info) -> list[BusinessDialog]:
        """Loaded for all sessions of the answer at once."""
        return [BusinessDialog.of(row) for row in await info.context.loaders.dialogs.load(self.id)]

    @resolved(
        "What to offer: the list that stands for the session, with ids; before the first requestNextBestActions what "
        "would be offered now, without ids. Empty while nobody knows whose contact it is.",
        Requires(Scope.OFFERS_READ),
    )
    async def next_best_actions(
        self, info: Info, limit: Annotated[int, strawberry.argument(description="Most entries, 1 to 50.")] = 5
    ) -> list[NextBestAction] | None:
        """Null for who may see the session and not its offers."""
        question = Question(self.channel, limit, self.id, self.reason)
        return [] if self.customer_id is None else await NextBestAction.of_session(info, self.customer_id, question)

    @resolved("What goes wrong in the company now, the newest first; at most 20.", reads=INCIDENTS_NOW)
    async def incidents(self, info: Info) -> list[Incident]:
        """The same for every session: whether one explains this contact is the agent's to see."""
        async with info.context.reading() as connection:
            page = await list_incidents(connection, INCIDENTS_SHOWN, active=True)
        return [Incident.of(row) for row in page.rows]

    @classmethod
    async def visible(cls, info: Info, identity: UUID) -> Self | None:
        """The session with this id, None where there is none or the caller may not see it."""
        row = await info.context.loaders.part(SESSIONS, identity)
        if row is None:
            return None
        info.context.shows(info, [] if row.customer_id is None else [row.customer_id])
        return cls.of(row)
