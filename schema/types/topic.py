"""The catalogue of topics."""

from __future__ import annotations

from typing import Self

import strawberry

from hub.settings.topics import DialogStep as StepSetting
from hub.settings.topics import Question as QuestionSetting
from hub.settings.topics import Topic
from schema.types.enums import AnswerType, IdentificationLevel, RequestKind


@strawberry.type(description="Something to ask.")
class Question:
    """Asked only while the answer is not known."""

    name: str = strawberry.field(description="Under which the answer is kept.")
    text: str = strawberry.field(description="What to ask.")
    type: AnswerType = strawberry.field(description="What an answer is.")
    choices: list[str] = strawberry.field(description="What a CHOICE chooses from.")
    required: bool = strawberry.field(description="Whether the dialog can be completed without it.")

    @classmethod
    def of(cls, question: QuestionSetting) -> Self:
        """The type from the catalogue."""
        return cls(
            name=question.name,
            text=question.text,
            type=question.type,
            choices=list(question.choices),
            required=question.required,
        )


@strawberry.type(description="Questions that belong together.")
class DialogStep:
    """One screen, or one breath."""

    name: str = strawberry.field(description="Name of the step.")
    questions: list[Question] = strawberry.field(description="What is asked in it.")

    @classmethod
    def of(cls, step: StepSetting) -> Self:
        """The type from the catalogue."""
        return cls(name=step.name, questions=[Question.of(question) for question in step.questions])


@strawberry.type(description="What a dialog about a topic goes through.")
class DialogTopic:
    """One entry of the catalogue."""

    name: str = strawberry.field(description="Name of the topic.")
    title: str = strawberry.field(description="For people.")
    level: IdentificationLevel = strawberry.field(description="How sure it must be who the customer is.")
    request_kind: RequestKind | None = strawberry.field(description="The request that a completed dialog opens.")
    steps: list[DialogStep] = strawberry.field(description="The steps in order.")
    tasks: list[str] = strawberry.field(description="What persons do about the request, in order.")
    executed_by: str | None = strawberry.field(description="The system that carries the request out by itself.")

    @classmethod
    def of(cls, name: str, topic: Topic) -> Self:
        """The type from the catalogue."""
        return cls(
            name=name,
            title=topic.title,
            level=topic.level,
            request_kind=topic.kind,
            steps=[DialogStep.of(step) for step in topic.steps],
            tasks=list(topic.tasks),
            executed_by=None if topic.straight_through is None else topic.straight_through.system,
        )
