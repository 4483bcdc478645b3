"""What the hub does about a request."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry

from hub.reads.handling import HandlingRow, TaskRow
from schema.types.answer import Answer
from schema.types.enums import DialogOutcome, DialogState


@strawberry.type(description="A step of a request (TMF701 TaskFlow).")
class RequestTask:
    """Done by a person, or by a system."""

    position: int = strawberry.field(description="Place in the request, from 1.")
    name: str = strawberry.field(description="Name of the task.")
    system: str | None = strawberry.field(description="The system that does it; null: a person.")
    state: DialogState = strawberry.field(description="Where it stands.")
    outcome: DialogOutcome | None = strawberry.field(description="What it came to.")
    changed_at: datetime = strawberry.field(description="When it last went on.")

    @classmethod
    def of(cls, row: TaskRow) -> Self:
        """The type from its row."""
        return cls(
            position=row.position,
            name=row.name,
            system=row.system,
            state=DialogState(row.state),
            outcome=None if row.outcome is None else DialogOutcome(row.outcome),
            changed_at=row.changed_at,
        )


@strawberry.type(description="What the hub does about a request, beside what a package says of it.")
class RequestHandling:
    """Every request opened in a contact has one."""

    topic: str | None = strawberry.field(description="The topic it was opened by.")
    topic_version: int | None = strawberry.field(description="Version of the catalogue then.")
    channel: str = strawberry.field(description="The channel it was opened in.")
    handler: str | None = strawberry.field(description="Who works on it; null: nobody yet.")
    queue: str | None = strawberry.field(description="The queue it waits in.")
    respond_by: datetime = strawberry.field(description="Until when the customer is to have his first answer.")
    responded_at: datetime | None = strawberry.field(description="When he had it.")
    executed_by: str | None = strawberry.field(description="The system that carries it out.")
    state_reason: str | None = strawberry.field(description="Why it stands where it does.")
    answers: list[Answer] = strawberry.field(description="What was asked for it, and known.")

    @classmethod
    def of(cls, row: HandlingRow) -> Self:
        """The type from its row."""
        return cls(
            topic=row.topic,
            topic_version=row.topic_version,
            channel=row.channel,
            handler=row.handler,
            queue=row.queue,
            respond_by=row.respond_by,
            responded_at=row.responded_at,
            executed_by=row.executed_by,
            state_reason=row.state_reason,
            answers=[Answer.of(name, answer) for name, answer in sorted(row.answers.items())],
        )
