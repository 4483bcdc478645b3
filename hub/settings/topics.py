"""The catalogue of topics, as written in the file that `contact.topics` names."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Final, Self

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult
from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from hub.records.contact import IdentificationLevel
from hub.records.enums import RequestKind
from hub.settings.written import Name, Written


class AnswerType(StrEnum):
    """What an answer is. DATE is ISO 8601; NUMBER an exact decimal; CHOICE one of the question's choices."""

    TEXT = "TEXT"
    DATE = "DATE"
    NUMBER = "NUMBER"
    BOOLEAN = "BOOLEAN"
    CHOICE = "CHOICE"


def _expression(text: str) -> str:
    try:
        jmespath.compile(text)
    except JMESPathError as error:
        hint = {"allowed": "an expression over the customer's view, such as addresses[0].postal_code"}
        raise PydanticCustomError("jmespath", "is not a JMESPath expression", hint) from error
    return text


class Question(Written):
    """Something the customer is asked, unless the answer is known."""

    name: Name = Field(description="Under which the answer is kept; equal names in two topics ask the same thing.")
    text: str = Field(min_length=1, max_length=500, description="What to ask.")
    type: AnswerType = Field(AnswerType.TEXT, description="TEXT, DATE, NUMBER, BOOLEAN or CHOICE.")
    choices: tuple[str, ...] = Field((), description="What a CHOICE chooses from.")
    required: bool = Field(True, description="Whether the dialog can be completed without the answer.")
    known: Annotated[str, AfterValidator(_expression)] | None = Field(
        None, description="JMESPath over the customer's view that gives the answer where it is known."
    )
    reuse_days: int = Field(
        90, ge=0, le=3_650, description="An answer given in an earlier dialog counts for so long; 0: ask anew."
    )

    @model_validator(mode="after")
    def _chooses(self) -> Self:
        if (self.type is AnswerType.CHOICE) != bool(self.choices):
            hint = {"allowed": "write `choices` with `type: CHOICE`, and only there"}
            raise PydanticCustomError("choices", "a CHOICE needs its choices", hint)
        return self

    @cached_property
    def compiled(self) -> ParsedResult | None:
        """`known`, ready to search."""
        return None if self.known is None else jmespath.compile(self.known)


class DialogStep(Written):
    """Questions that belong together on one screen or in one breath."""

    name: Name = Field(description="Name of the step.")
    questions: tuple[Question, ...] = Field((), description="What is asked in it.")


class Content(Written):
    """What a channel shows or says about the topic; a condition left out fits all."""

    channel: str | None = Field(None, description="Only in this channel.")
    language: str | None = Field(None, description="Only in this language (BCP 47).")
    text: str = Field(min_length=1, max_length=5_000, description="The words.")


class StraightThrough(Written):
    """The call by which a system carries the request out without a person."""

    system: str = Field(description="The back office, a system in hub.yaml that a flow of requests leads to.")
    action: Name = Field(description="What it is asked to do, in its own words.")


class Topic(Written):
    """One entry of the catalogue: what a dialog about it goes through."""

    title: str = Field(min_length=1, max_length=200, description="For people.")
    level: IdentificationLevel = Field(
        IdentificationLevel.IDENTIFIED, description="ANONYMOUS, IDENTIFIED or AUTHENTICATED: what the topic demands."
    )
    kind: RequestKind | None = Field(None, description="The request that a completed dialog opens; none: an answer.")
    commercial: bool | None = Field(None, description="Whether Sales hears of it; by default a QUOTE or SALE.")
    steps: tuple[DialogStep, ...] = Field((), description="The steps in order.")
    tasks: tuple[Name, ...] = Field((), description="What persons do about the request, in order.")
    due_minutes: int | None = Field(
        None, ge=1, le=525_600, description="Minutes until the customer may expect it done."
    )
    content: tuple[Content, ...] = Field((), description="What channels show; the first that fits.")
    straight_through: StraightThrough | None = Field(None, description="The system that carries the request out.")

    @property
    def is_commercial(self) -> bool:
        """What the rule `registration: COMMERCIAL` looks at."""
        return self.kind in (RequestKind.QUOTE, RequestKind.SALE) if self.commercial is None else self.commercial

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """All of them by name."""
        return {question.name: question for step in self.steps for question in step.questions}

    def shown(self, channel: str, language: str | None) -> str | None:
        """The content for a channel and language."""
        for content in self.content:
            if content.channel in (None, channel) and content.language in (None, language):
                return content.text
        return None


class Catalogue(Written):
    """The whole file."""

    version: int = Field(ge=1, description="Raised with every change of meaning; kept with each dialog.")
    topics: Mapping[Name, Topic] = Field(description="The topics by name.")


NO_TOPICS: Final = Catalogue(version=1, topics={})
"""The catalogue of a company that has none."""
