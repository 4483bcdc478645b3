"""Customer processes, as written in the file that `processes` names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import Field

from hub.settings.written import Name, Written


class Expectation(Written):
    """What the customer may count on."""

    what: str = Field(min_length=1, max_length=500, description="What happens, in words for the customer.")
    within_minutes: int = Field(
        ge=0, le=525_600, description="By when: minutes after the step before it, or after the request was opened."
    )


class ProcessContent(Written):
    """Something that is sent or shown, such as a confirmation."""

    title: str = Field(min_length=1, max_length=200, description="For people.")
    tells: tuple[Name, ...] = Field((), description="The information in it: order_number, engineer_name.")


class ProcessStep(Written):
    """One step, from the customer's side."""

    name: Name = Field(description="Name of the step.")
    title: str = Field(min_length=1, max_length=200, description="For people, the customer included.")
    channel: str = Field(description="The channel preferred for it.")
    supporting: tuple[str, ...] = Field((), description="Channels that can do it as well.")
    audience: Name = Field("customer", description="Whom it is for, where a process has several people.")
    content: tuple[str, ...] = Field((), description="What is sent or shown, by its name under `content`.")
    needs: tuple[Name, ...] = Field((), description="The information that the customer needs in it.")
    topic: str | None = Field(None, description="The topic of the dialog that is held in it.")
    system: str | None = Field(None, description="The system that supports it.")
    task: Name | None = Field(None, description="The request's task that it stands for: done when that is.")
    expect: Expectation | None = Field(None, description="What the customer may expect, and by when.")


class CustomerProcess(Written):
    """A journey from beginning to end."""

    title: str = Field(min_length=1, max_length=200, description="For people.")
    topics: tuple[str, ...] = Field((), description="Requests opened by these topics go this way.")
    steps: tuple[ProcessStep, ...] = Field(min_length=1, description="The steps in order.")


class Processes(Written):
    """The whole file."""

    version: int = Field(ge=1, description="Raised with every change of meaning.")
    content: Mapping[Name, ProcessContent] = Field({}, description="What is sent or shown, by name.")
    processes: Mapping[Name, CustomerProcess] = Field(description="The processes by name.")

    def of_topic(self, topic: str | None) -> tuple[str, CustomerProcess] | None:
        """The process that requests on a topic follow, with its name."""
        found = ((name, one) for name, one in self.processes.items() if topic in one.topics)
        return next(found, None)


NO_PROCESSES: Final = Processes(version=1, processes={})
"""Of a company that has written none down."""
