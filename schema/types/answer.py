"""What the customer answered, or what was known before he was asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import ClassVar, Final

import strawberry

from schema.types.of_row import OfRow


@strawberry.enum(description="Where an answer is known from.")
class AnswerSource(Enum):
    """SAID in this dialog; DIALOG: in an earlier one; VIEW: a package holds it."""

    SAID = "said"
    DIALOG = "dialog"
    VIEW = "view"


@strawberry.type(description="One answer.")
class Answer(OfRow):
    """By the question's name, which means the same in every topic."""

    named: ClassVar[Mapping[str, str]] = {}

    question: str = strawberry.field(description="Name of the question.")
    value: str = strawberry.field(description="The answer; dates as ISO 8601, numbers exact.")
    source: AnswerSource = strawberry.field(description="Where it is known from.")
    at: datetime = strawberry.field(description="When it was said, or looked up.")


def answers_of(kept: Mapping[str, Mapping[str, str]]) -> list[Answer]:
    """Of what a dialog or request keeps, by question."""
    return [
        Answer(
            question=question,
            value=answer["value"],
            source=AnswerSource(answer["source"]),
            at=datetime.fromisoformat(answer["at"]),
        )
        for question, answer in sorted(kept.items())
    ]


MADE_OF_ANSWERS: Final = {"answers": answers_of}
