"""A topic that is dealt with in a session."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry
from strawberry import relay

from hub.reads.belongings import REQUESTS
from hub.reads.contact_relations import ANSWERS, REQUEST
from hub.reads.handling import DIALOGS
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.reads import READS
from schema.types.answer import MADE_OF_ANSWERS, Answer
from schema.types.enums import DialogOutcome, DialogState
from schema.types.of_row import SAID_BY, OfRow
from schema.types.request import BusinessRequest
from schema.types.topic import DialogTopic, Question

Language = Annotated[str | None, strawberry.argument(description="Language of the content (BCP 47).")]


@strawberry.type(description="One topic inside a session (TMF683 InteractionItem).")
class BusinessDialog(relay.Node, OfRow):
    """May be the crossing of a session with a request."""

    named = SAID_BY | {"topic_name": "topic"}
    made = MADE_OF_ANSWERS

    id: relay.NodeID[UUID]
    topic_name: strawberry.Private[str]
    request_id: strawberry.Private[UUID | None]
    topic_version: int = strawberry.field(description="Version of the catalogue it was begun under.")
    channel: str = strawberry.field(description="The channel it was begun in.")
    state: DialogState = strawberry.field(description="Where it stands.")
    outcome: DialogOutcome | None = strawberry.field(description="What it came to, or what it waits for.")
    step: str | None = strawberry.field(description="The first step with something still to ask.")
    answers: list[Answer] = strawberry.field(
        description="What is known, with where it is known from.", metadata={READS: ANSWERS}
    )
    started_at: datetime = strawberry.field(description="When it began.")
    changed_at: datetime = strawberry.field(description="When it last went on.")
    ended_at: datetime | None = strawberry.field(description="When it was completed or cancelled.")

    @resolved("The catalogue's entry; null for a topic that it no longer has.")
    def topic(self, info: Info) -> DialogTopic | None:
        """As the catalogue has it now."""
        topic = info.context.hub.contacts.catalogue.topics.get(self.topic_name)
        return None if topic is None else DialogTopic.of(self.topic_name, topic)

    @resolved("What is still to ask, in order: nothing that is known already.")
    def to_ask(self, info: Info) -> list[Question]:
        """Questions that are not required among them."""
        topic = info.context.hub.contacts.catalogue.topics.get(self.topic_name)
        known = {answer.question for answer in self.answers}
        asked = {} if topic is None else topic.questions
        return [Question.of(question) for name, question in asked.items() if name not in known]

    @resolved("What to show or say about the topic in this channel.")
    def content(self, info: Info, language: Language = None) -> str | None:
        """The first content of the catalogue that fits."""
        topic = info.context.hub.contacts.catalogue.topics.get(self.topic_name)
        return None if topic is None else topic.shown(self.channel, language)

    @resolved("The request it goes on with or has opened.", Requires(Scope.CUSTOMERS_READ), reads=REQUEST)
    async def request(self, info: Info) -> BusinessRequest | None:
        """Loaded for all dialogs of the answer at once."""
        row = None if self.request_id is None else await info.context.loaders.part(REQUESTS, self.request_id)
        return None if row is None else BusinessRequest.of(row)

    @classmethod
    async def visible(cls, info: Info, identity: UUID) -> Self | None:
        """The dialog with this id, None where there is none or the caller may not see it."""
        row = await info.context.loaders.part(DIALOGS, identity)
        if row is None:
            return None
        info.context.shows(info, [] if row.customer_id is None else [row.customer_id])
        return cls.of(row)
