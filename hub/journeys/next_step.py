"""What happens next with a request, and by when: its place in the process that it follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.records.contact import DialogState
from hub.records.enums import RequestState
from hub.settings.processes import CustomerProcess, ProcessStep


@dataclass(frozen=True, slots=True)
class Progress:
    """How a request stands. `tasks`: name to its state and when it last went on."""

    topic: str | None
    state: RequestState
    opened_at: datetime
    closed_at: datetime | None
    tasks: Mapping[str, tuple[DialogState, datetime]]


@dataclass(frozen=True, slots=True)
class NextStep:
    """`by` None: nothing was promised. `overdue`: it should have happened."""

    step: ProcessStep
    by: datetime | None
    overdue: bool


_UNSUCCESSFUL = frozenset({RequestState.CANCELLED, RequestState.FAILED, RequestState.REJECTED})
_OVER = frozenset({DialogState.COMPLETED, DialogState.CANCELLED})


def next_step(process: CustomerProcess, progress: Progress, now: datetime) -> NextStep | None:
    """None where nothing more is to come.

    A step that stands for a task is done when the task is; the dialog that opened the request is done; one that only
    tells something is done when its time has come. What lies before a step that is done is done.
    """
    if progress.state in _UNSUCCESSFUL:
        return None
    place, since = _reached(process, progress)
    if progress.closed_at is not None:
        since = max(since, progress.closed_at)
    for step in process.steps[place:]:
        by = None if step.expect is None else since + timedelta(minutes=step.expect.within_minutes)
        if step.task is None and (by is None or by <= now):
            since = by or since
            continue
        if step.task is not None and progress.closed_at is not None:
            continue
        return NextStep(step, by, overdue=by is not None and by < now)
    return None


def _reached(process: CustomerProcess, progress: Progress) -> tuple[int, datetime]:
    """The first step that is not known to be done, and when the one before it was."""
    place, since = 0, progress.opened_at
    for number, step in enumerate(process.steps, start=1):
        if step.task is not None:
            state, at = progress.tasks.get(step.task, (DialogState.NEW, since))
            if state in _OVER:
                place, since = number, at
        elif step.topic is not None and step.topic == progress.topic:
            place, since = number, progress.opened_at
    return place, since
