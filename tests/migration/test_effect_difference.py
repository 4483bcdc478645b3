"""What two lanes send for one object, compared without a database."""

from __future__ import annotations

import pytest

from hub.migration.effect_difference import LaneEffect, difference_of
from hub.ports.writing import FieldChange, Operation
from hub.records.migration import DifferenceKind, Verdict
from tests.flows.building import at


def sent(old: str, new: str, first: int, last: int | None = None, partial: bool = False) -> LaneEffect:
    key = f"crm/customer/1/{first}-{last or first}"
    change = FieldChange(("name",), old, new)
    return LaneEffect(key, Operation.UPDATE, (change,), first, last or first, at(first), at(first), partial)


A_TO_C = [sent("A", "C", 1, 2)]


def test_single_changes_and_their_net_effect_are_equal() -> None:
    assert difference_of("1", A_TO_C, [sent("A", "B", 1), sent("B", "C", 2)]) is None


def test_a_change_that_was_taken_back_equals_none() -> None:
    assert difference_of("1", [], [sent("A", "B", 1), sent("B", "A", 2)]) is None


@pytest.mark.parametrize(
    ("candidate", "kind"),
    [
        ([], DifferenceKind.MISSING),
        ([sent("A", "B", 1)], DifferenceKind.VALUE),
        ([sent("B", "C", 2), sent("A", "B", 1)], DifferenceKind.ORDER),
        ([sent("A", "B", 1), sent("B", "C", 2), sent("B", "C", 3)], DifferenceKind.DOUBLED),
    ],
)
def test_a_candidate_that_is_wrong_is_classed(candidate: list[LaneEffect], kind: DifferenceKind) -> None:
    difference = difference_of("1", A_TO_C, candidate)
    assert difference is not None
    assert (difference.kind, difference.verdict, difference.paths) == (kind, None, ("name",))


def test_an_effect_that_only_the_candidate_has_is_extra() -> None:
    difference = difference_of("1", [], [sent("A", "B", 1)])
    assert difference is not None
    assert (difference.kind, difference.explained) == (DifferenceKind.EXTRA, False)


def test_an_effect_the_incumbent_sends_twice_speaks_against_the_incumbent() -> None:
    difference = difference_of("1", [*A_TO_C, sent("A", "C", 3)], A_TO_C)
    assert difference is not None
    assert (difference.kind, difference.verdict) == (DifferenceKind.DOUBLED, Verdict.INCUMBENT_WRONG)


def test_what_has_yet_to_leave_explains_the_difference() -> None:
    difference = difference_of("1", [], [sent("A", "B", 1, partial=True)])
    assert difference is not None
    assert (difference.kind, difference.explained) == (DifferenceKind.LATE, True)


WANTED = [sent("A", "B", 1), sent("B", "C", 2)]


@pytest.mark.parametrize(
    ("incumbent", "candidate", "verdict"),
    [
        (A_TO_C, [sent("A", "B", 1)], Verdict.CANDIDATE_WRONG),
        ([sent("A", "B", 1)], WANTED, Verdict.INCUMBENT_WRONG),
        ([], WANTED, Verdict.INCUMBENT_WRONG),
        ([sent("A", "B", 1)], [sent("B", "C", 2)], Verdict.BOTH_STALE),
    ],
)
def test_what_was_wanted_decides_who_is_wrong(
    incumbent: list[LaneEffect], candidate: list[LaneEffect], verdict: Verdict
) -> None:
    difference = difference_of("1", incumbent, candidate, WANTED)
    assert difference is not None
    assert difference.verdict is verdict


def test_an_effect_that_nobody_wanted_excuses_nobody() -> None:
    difference = difference_of("1", [], [sent("A", "B", 1)], [])
    assert difference is not None
    assert (difference.kind, difference.verdict, difference.explained) == (DifferenceKind.EXTRA, None, False)
