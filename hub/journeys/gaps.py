"""What a customer process lacks, found by reading it against the catalogue of topics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from hub.settings.processes import CustomerProcess, Processes, ProcessStep
from hub.settings.topics import Catalogue, Question

MINUTES_A_DAY = 1_440


class GapKind(StrEnum):
    """What is wrong with a step, or with two together."""

    NO_CONTENT = "NO_CONTENT"
    MISSING_INFORMATION = "MISSING_INFORMATION"
    OVERLAP = "OVERLAP"
    ASKED_TWICE = "ASKED_TWICE"
    NO_FALLBACK = "NO_FALLBACK"
    NO_SYSTEM = "NO_SYSTEM"
    NO_EXPECTATION = "NO_EXPECTATION"


@dataclass(frozen=True, slots=True)
class Gap:
    """`other` is the later step of two; `what` the content, information or question at fault."""

    kind: GapKind
    step: str
    message: str
    other: str | None = None
    what: str | None = None


def gaps_of(process: CustomerProcess, processes: Processes, topics: Catalogue) -> Sequence[Gap]:
    """Step by step, then what steps do to each other; in the order of the steps."""
    alone = [gap for step in process.steps for gap in _alone(step, processes)]
    pairs = list(combinations(range(len(process.steps)), 2))
    together = [gap for pair in pairs for gap in _sent_twice(process.steps[pair[0]], process.steps[pair[1]])]
    asked = [gap for first, second in pairs for gap in _asked_twice(process, first, second, topics)]
    return [*alone, *together, *asked]


def _alone(step: ProcessStep, processes: Processes) -> Iterator[Gap]:
    told = {one for name in step.content if name in processes.content for one in processes.content[name].tells}
    if not step.content:
        yield Gap(GapKind.NO_CONTENT, step.name, "the customer gets nothing to see or hear in it")
    for need in step.needs if step.content else ():
        if need not in told:
            message = "the customer needs it and nothing that he gets tells it"
            yield Gap(GapKind.MISSING_INFORMATION, step.name, message, what=need)
    if not set(step.supporting) - {step.channel}:
        yield Gap(GapKind.NO_FALLBACK, step.name, "no other channel can do it when this one fails", what=step.channel)
    if step.system is None:
        yield Gap(GapKind.NO_SYSTEM, step.name, "no system supports it")
    if step.expect is None:
        yield Gap(GapKind.NO_EXPECTATION, step.name, "the customer is not told what happens, and by when")


def _sent_twice(first: ProcessStep, second: ProcessStep) -> Iterator[Gap]:
    if first.audience != second.audience:
        return
    for name in first.content:
        if name in second.content:
            yield Gap(GapKind.OVERLAP, first.name, "the same thing is sent twice", other=second.name, what=name)


def _asked_twice(process: CustomerProcess, first: int, second: int, topics: Catalogue) -> Iterator[Gap]:
    """An answer that is known from the view, or still counts, is not asked again: what is left is."""
    before, after = process.steps[first], process.steps[second]
    asked, again = _questions(before, topics), _questions(after, topics)
    minutes = sum(step.expect.within_minutes for step in process.steps[first + 1 : second + 1] if step.expect)
    for question in again:
        if question.known is not None:
            continue
        for earlier in asked:
            same_name = earlier.name == question.name
            forgotten = question.reuse_days * MINUTES_A_DAY <= minutes
            if same_name and forgotten:
                message = f"the answer counts for {question.reuse_days} days only, so it is asked again"
                yield Gap(GapKind.ASKED_TWICE, before.name, message, other=after.name, what=question.name)
            elif not same_name and _words(earlier) == _words(question):
                message = f"it asks what {earlier.name!r} asked, under another name: give both the same"
                yield Gap(GapKind.ASKED_TWICE, before.name, message, other=after.name, what=question.name)


def _questions(step: ProcessStep, topics: Catalogue) -> Sequence[Question]:
    topic = None if step.topic is None else topics.topics.get(step.topic)
    return [] if topic is None else list(topic.questions.values())


def _words(question: Question) -> str:
    return " ".join("".join(sign if sign.isalnum() else " " for sign in question.text.casefold()).split())
