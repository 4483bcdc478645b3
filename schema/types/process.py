"""Customer processes, what they lack, and what happens next in one."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry

from hub.journeys import gaps, next_step
from hub.settings import processes as settings
from schema.types.enums import ProcessGapKind


@strawberry.type(description="What the customer may count on.")
class Expectation:
    """In words for the customer."""

    what: str = strawberry.field(description="What happens.")
    within_minutes: int = strawberry.field(description="By when: minutes after the step before it.")


@strawberry.type(description="One step of a customer process.")
class ProcessStep:
    """From the customer's side."""

    name: str = strawberry.field(description="Name of the step.")
    title: str = strawberry.field(description="For people.")
    channel: str = strawberry.field(description="The channel preferred for it.")
    supporting: list[str] = strawberry.field(description="Channels that can do it as well.")
    audience: str = strawberry.field(description="Whom it is for.")
    content: list[str] = strawberry.field(description="What is sent or shown, by name.")
    needs: list[str] = strawberry.field(description="The information that the customer needs in it.")
    topic: str | None = strawberry.field(description="The topic of the dialog that is held in it.")
    system: str | None = strawberry.field(description="The system that supports it.")
    task: str | None = strawberry.field(description="The request's task that it stands for.")
    expectation: Expectation | None = strawberry.field(description="What the customer may expect, and by when.")

    @classmethod
    def of(cls, step: settings.ProcessStep) -> Self:
        """The type from the file."""
        expect = step.expect
        return cls(
            name=step.name,
            title=step.title,
            channel=step.channel,
            supporting=list(step.supporting),
            audience=step.audience,
            content=list(step.content),
            needs=list(step.needs),
            topic=step.topic,
            system=step.system,
            task=step.task,
            expectation=None if expect is None else Expectation(what=expect.what, within_minutes=expect.within_minutes),
        )


@strawberry.type(description="Something that a process lacks.")
class ProcessGap:
    """Found by reading it against channels, content and topics."""

    kind: ProcessGapKind = strawberry.field(description="What is wrong.")
    step: str = strawberry.field(description="Name of the step.")
    other: str | None = strawberry.field(description="The later step, where two do it together.")
    what: str | None = strawberry.field(description="The content, information, question or channel at fault.")
    message: str = strawberry.field(description="For people.")

    @classmethod
    def of(cls, gap: gaps.Gap) -> Self:
        """The type from what was found."""
        return cls(kind=gap.kind, step=gap.step, other=gap.other, what=gap.what, message=gap.message)


@strawberry.type(description="A journey of customers, step by step.")
class CustomerProcess:
    """From hub.yaml's file of processes."""

    name: str = strawberry.field(description="Name of the process.")
    title: str = strawberry.field(description="For people.")
    version: int = strawberry.field(description="Version of the file.")
    topics: list[str] = strawberry.field(description="Requests opened by these topics go this way.")
    steps: list[ProcessStep] = strawberry.field(description="The steps in order.")
    gaps: list[ProcessGap] = strawberry.field(description="What it lacks, in the order of its steps; empty: nothing.")

    @classmethod
    def of(cls, name: str, process: settings.CustomerProcess, version: int, found: list[ProcessGap]) -> Self:
        """The type from the file and what was found in it."""
        return cls(
            name=name,
            title=process.title,
            version=version,
            topics=list(process.topics),
            steps=[ProcessStep.of(step) for step in process.steps],
            gaps=found,
        )


@strawberry.type(description="What happens next with a request, in words for its customer.")
class NextStep:
    """By the process that requests on its topic follow."""

    process: str = strawberry.field(description="Name of the process.")
    step: str = strawberry.field(description="Name of the step.")
    title: str = strawberry.field(description="The step in words.")
    what: str | None = strawberry.field(description="What the customer may expect; null: nothing was promised.")
    by: datetime | None = strawberry.field(description="By when.")
    overdue: bool = strawberry.field(description="Whether that time has passed.")
    channel: str = strawberry.field(description="The channel in which it is to happen.")

    @classmethod
    def of(cls, process: str, found: next_step.NextStep) -> Self:
        """The type from the request's place in the process."""
        step = found.step
        return cls(
            process=process,
            step=step.name,
            title=step.title,
            what=None if step.expect is None else step.expect.what,
            by=found.by,
            overdue=found.overdue,
            channel=step.channel,
        )
