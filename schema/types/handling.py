"""What the hub does about a request."""

from __future__ import annotations

from datetime import datetime

import strawberry

from hub.reads.contact_relations import ANSWERS
from schema.reads import READS
from schema.types.answer import MADE_OF_ANSWERS, Answer
from schema.types.enums import DialogOutcome, DialogState
from schema.types.of_row import OfRow


@strawberry.type(description="A step of a request (TMF701 TaskFlow).")
class RequestTask(OfRow):
    """Done by a person, or by a system."""

    position: int = strawberry.field(description="Place in the request, from 1.")
    name: str = strawberry.field(description="Name of the task.")
    system: str | None = strawberry.field(description="The system that does it; null: a person.")
    state: DialogState = strawberry.field(description="Where it stands.")
    outcome: DialogOutcome | None = strawberry.field(description="What it came to.")
    changed_at: datetime = strawberry.field(description="When it last went on.")


@strawberry.type(description="What the hub does about a request, beside what a package says of it.")
class RequestHandling(OfRow):
    """Every request opened in a contact has one."""

    made = MADE_OF_ANSWERS

    topic: str | None = strawberry.field(description="The topic it was opened by.")
    topic_version: int | None = strawberry.field(description="Version of the catalogue then.")
    channel: str = strawberry.field(description="The channel it was opened in.")
    handler: str | None = strawberry.field(description="Who works on it; null: nobody yet.")
    queue: str | None = strawberry.field(description="The queue it waits in.")
    respond_by: datetime = strawberry.field(description="Until when the customer is to have his first answer.")
    responded_at: datetime | None = strawberry.field(description="When he had it.")
    executed_by: str | None = strawberry.field(description="The system that carries it out.")
    state_reason: str | None = strawberry.field(description="Why it stands where it does.")
    answers: list[Answer] = strawberry.field(description="What was asked for it, and known.", metadata={READS: ANSWERS})
