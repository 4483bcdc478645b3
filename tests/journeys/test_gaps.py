"""What a process lacks is found, each kind of it, and nothing else."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from hub.journeys.gaps import GapKind, gaps_of
from hub.settings.processes import CustomerProcess, Expectation, ProcessContent, Processes, ProcessStep
from hub.settings.topics import NO_TOPICS, Catalogue
from hub.yaml.nodes import read_yaml

HERE = Path(__file__).parent
TOPICS = Catalogue.model_validate(read_yaml(HERE / "topics.yaml")[0].plain())
PROCESSES = Processes.model_validate(read_yaml(HERE / "processes.yaml")[0].plain())
NEW_LINE = PROCESSES.processes["new-line"]


def found(process: CustomerProcess = NEW_LINE) -> list[tuple[GapKind, str, str | None, str | None]]:
    return [(gap.kind, gap.step, gap.other, gap.what) for gap in gaps_of(process, PROCESSES, TOPICS)]


def test_every_kind_of_gap_is_found_and_only_those() -> None:
    assert found() == [
        (GapKind.MISSING_INFORMATION, "confirm", None, "price"),
        (GapKind.NO_CONTENT, "visit", None, None),
        (GapKind.NO_FALLBACK, "visit", None, "branch"),
        (GapKind.NO_SYSTEM, "visit", None, None),
        (GapKind.OVERLAP, "order", "confirm", "confirmation"),
        # `email` is known from the view, and what was said about `product` counts for longer than the ten days between.
        (GapKind.ASKED_TWICE, "order", "visit", "moment"),
        (GapKind.ASKED_TWICE, "order", "visit", "storey"),
    ]


def test_an_answer_that_counts_no_longer_by_then_is_asked_again() -> None:
    visit = NEW_LINE.steps[2]
    slower = visit.model_copy(update={"expect": Expectation(what="An engineer", within_minutes=60 * 24 * 60)})
    steps = (*NEW_LINE.steps[:2], slower, *NEW_LINE.steps[3:])
    assert (GapKind.ASKED_TWICE, "order", "visit", "product") in found(NEW_LINE.model_copy(update={"steps": steps}))


def test_the_same_content_for_another_audience_is_no_overlap() -> None:
    order = NEW_LINE.steps[0].model_copy(update={"audience": "landlord"})
    process = NEW_LINE.model_copy(update={"steps": (order, *NEW_LINE.steps[1:])})
    assert GapKind.OVERLAP not in {kind for kind, *_ in found(process)}


words = st.sampled_from(["a", "b", "c"])
steps = st.lists(
    st.builds(
        ProcessStep,
        name=words,
        title=st.just("x"),
        channel=st.sampled_from(["web", "email"]),
        supporting=st.lists(st.sampled_from(["web", "email"]), unique=True).map(tuple),
        content=st.lists(words, unique=True).map(tuple),
        needs=st.lists(words, unique=True).map(tuple),
        system=st.sampled_from([None, "crm"]),
        expect=st.sampled_from([None, Expectation(what="x", within_minutes=5)]),
    ),
    min_size=1,
    max_size=4,
)


@given(steps)
def test_a_step_that_has_everything_has_no_gap_of_its_own(drawn: list[ProcessStep]) -> None:
    contents = {name: ProcessContent(title=name, tells=(name,)) for name in "abc"}
    process = CustomerProcess(title="x", steps=tuple(drawn))
    gaps = gaps_of(process, Processes(version=1, content=contents, processes={"p": process}), NO_TOPICS)
    own = {GapKind.NO_CONTENT, GapKind.MISSING_INFORMATION, GapKind.NO_FALLBACK, GapKind.NO_SYSTEM}
    complete = all(
        step.content and set(step.needs) <= set(step.content) and set(step.supporting) - {step.channel} and step.system
        for step in drawn
    )
    assert complete is not bool(own & {gap.kind for gap in gaps})
    sent = [name for step in drawn for name in step.content]
    assert (len(sent) != len(set(sent))) is any(gap.kind is GapKind.OVERLAP for gap in gaps)
