"""The session that next best actions are asked for."""

from __future__ import annotations

from uuid import UUID

import strawberry
from strawberry.relay import GlobalID

from hub.offers.question import Question
from schema.ids import uuid_of


@strawberry.input(description="The session a list is for.")
class OfferSession:
    """Everything may be left out."""

    id: GlobalID | None = strawberry.field(default=None, description="Id of the customer session.")
    reason: str | None = strawberry.field(default=None, description="Why the customer is here; conditions may ask it.")
    language: str | None = strawberry.field(
        default=None, description="Language of the contact (BCP 47), where it is not the customer's own."
    )

    def parts(self) -> tuple[UUID | None, str | None, str | None]:
        """Id, reason and language; NotFound for an id of something else."""
        session = None if self.id is None else uuid_of(self.id, "CustomerSession")
        return session, self.reason, self.language


def question_of(channel: str, limit: int, session: OfferSession | None) -> Question:
    """The question of a channel; Invalid for a limit or a text out of bounds."""
    return Question(channel, limit, *(session or OfferSession()).parts())
