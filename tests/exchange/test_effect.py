"""The laws of net effects: however a history is cut into batches, it comes to the same, and nothing stands twice."""

from __future__ import annotations

import itertools
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from hub.exchange.effect import Effect, composed, net_effects
from hub.ports.writing import FieldChange, Operation
from tests.flows.building import at

values = st.sampled_from("ABC")
histories = st.lists(st.tuples(st.sampled_from(("name", "status")), values), max_size=12)


def wanted(history: list[tuple[str, str]]) -> list[Effect]:
    """One update per step, each from what the step before left."""
    held = {"name": "A", "status": "A"}
    effects = []
    for version, (field, value) in enumerate(history, start=1):
        change = FieldChange((field,), held[field], value)
        held[field] = value
        effects.append(
            Effect(
                key=f"crm/customer/1/{version}",
                target="crm",
                entity="customer",
                operation=Operation.UPDATE,
                object_id="1",
                external_id="1",
                line="crm/1",
                changes=(change,),
                from_version=version,
                version=version,
                wanted_from=at(version),
                at=at(version),
            )
        )
    return effects


def end_of(history: list[tuple[str, str]]) -> dict[str, str]:
    return {"name": "A", "status": "A"} | dict(history)


def applied(effects: list[Effect]) -> dict[str, object]:
    """The target after them; each must find the value it expects."""
    held: dict[str, object] = {"name": "A", "status": "A"}
    for effect in effects:
        for change in effect.changes:
            assert held[change.path[0]] == change.old
            held[change.path[0]] = change.new
    return held


@given(histories, st.lists(st.integers(0, 12), max_size=4))
def test_batches_cut_anywhere_bring_the_target_to_the_same_end(history: list[tuple[str, str]], cuts: list[int]) -> None:
    effects = wanted(history)
    edges = [0, *sorted(min(cut, len(effects)) for cut in cuts), len(effects)]
    batches = [effects[start:end] for start, end in itertools.pairwise(edges)]
    sent = [net.effect for batch in batches for net in net_effects(batch) if net.effect is not None]
    assert applied(sent) == end_of(history)
    assert len({effect.key for effect in sent}) == len(sent)


@given(histories)
def test_every_change_is_in_exactly_one_net_effect(history: list[tuple[str, str]]) -> None:
    effects = wanted(history)
    assert [member for net in net_effects(effects) for member in net.members] == effects


@given(histories)
def test_composing_twice_changes_nothing(history: list[tuple[str, str]]) -> None:
    once = composed(change for effect in wanted(history) for change in effect.changes)
    assert composed(once) == once


def test_what_may_have_left_goes_alone_and_in_its_place() -> None:
    first, second, third = wanted([("name", "B"), ("name", "C"), ("name", "A")])
    left = replace(second, left=True)
    nets = net_effects([first, left, third])
    assert [net.effect for net in nets] == [first, left, third]


def test_after_the_target_moved_by_itself_only_what_came_later_counts() -> None:
    changes = [FieldChange(("name",), "A", "B"), FieldChange(("name",), "X", "C")]
    assert composed(changes) == (FieldChange(("name",), "X", "C"),)
