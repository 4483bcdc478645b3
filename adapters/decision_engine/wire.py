"""What goes over the wire to a decision engine and back; docs/offers.md shows both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from hub.ports.decision_engine import Asked, Proposed
from hub.records.source import JsonObject


class Action(BaseModel):
    """One proposed proposition; keys that the hub does not know are left alone."""

    model_config = ConfigDict(frozen=True)

    proposition: Annotated[str, Field(min_length=1, max_length=60)]
    propensity: Annotated[float, Field(ge=0, le=1)] | None = None


class Answer(BaseModel):
    """The whole answer."""

    model_config = ConfigDict(frozen=True)

    actions: Annotated[list[Action], Field(max_length=200)]

    def proposed(self) -> Sequence[Proposed]:
        """As the port gives it."""
        return [Proposed(action.proposition, action.propensity) for action in self.actions]


def question_of(asked: Asked) -> JsonObject:
    """The body of the request."""
    return {
        "customer": str(asked.customer),
        "identifiers": [{"system": system, "externalId": external_id} for system, external_id in asked.identifiers],
        "channel": asked.channel,
        "session": None if asked.session is None else str(asked.session),
        "reason": asked.reason,
        "language": asked.language,
        "limit": asked.limit,
    }
