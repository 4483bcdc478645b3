"""What becomes of a conflict, as laws over what its sources say one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from hub.customers.conflict import TURNS_MAX, Case, Said, differ, follow, resolved, returns, thawed
from hub.customers.conflict_tables import ConflictState
from hub.customers.identifiers import Node
from hub.customers.survive import FlipFlops
from tests.flows.building import at

CRM, LMS = Node("crm", "1"), Node("lms", "9")
LIMITS = FlipFlops(returns=3, within_h=24)
values = st.sampled_from(("Jan Smit", "jan  smit", "J. Smit", "Jansen", ""))
said = st.lists(st.tuples(values, values), min_size=1, max_size=14)


def sides(crm: str, lms: str, minute: int = 0) -> tuple[Said, ...]:
    """What both say; the empty text says nothing."""
    return tuple(Said(node, value, at(minute)) for node, value in ((CRM, crm), (LMS, lms)) if value)


def lived(spoken: Sequence[tuple[str, str]], limits: FlipFlops | None, every_min: int = 1) -> Case | None:
    case: Case | None = None
    for minute, (crm, lms) in enumerate(spoken):
        case = follow(case, sides(crm, lms), "Jan Smit", limits, at(minute * every_min))
    return case


@given(spoken=said)
def test_a_conflict_is_open_exactly_while_its_sources_differ(spoken: list[tuple[str, str]]) -> None:
    case = lived(spoken, None)
    if case is None:
        assert not any(differ(sides(*one)) for one in spoken)
    else:
        assert (case.state is ConflictState.OPEN) is differ(sides(*spoken[-1]))
        assert (case.closed_at is None) is differ(sides(*spoken[-1]))


@given(spoken=said)
def test_only_returns_freeze_and_then_nothing_but_a_steward_moves_it(spoken: list[tuple[str, str]]) -> None:
    case: Case | None = None
    for minute, one in enumerate(spoken):
        before = case
        case = follow(case, sides(*one), "Jan Smit", LIMITS, at(minute))
        if before is not None and before.state is ConflictState.FROZEN:
            assert case is not None
            assert (case.state, case.decided) == (ConflictState.FROZEN, before.decided)
        elif case is not None and case.state is ConflictState.FROZEN:
            assert returns(case.turns) >= LIMITS.returns
            assert case.decided == "Jan Smit"
            assert thawed(case, at(99)).state is not ConflictState.FROZEN


@given(turns=st.integers(2, 20))
def test_sources_that_take_turns_are_frozen_after_so_many_returns(turns: int) -> None:
    spoken = [("x", "x"), ("x", "y"), *(("y", "y"), ("y", "x"), ("x", "x"), ("x", "y")) * turns]
    case = lived(spoken, LIMITS)
    assert case is not None
    assert case.state is ConflictState.FROZEN
    assert len(case.turns) <= TURNS_MAX


def told(spoken: Sequence[tuple[str, str, str]]) -> Case:
    """What both say one after the other, each with the golden value until then."""
    case: Case | None = None
    for minute, (crm, lms, golden) in enumerate(spoken):
        case = follow(case, sides(crm, lms), golden, LIMITS, at(minute))
    assert case is not None
    return case


def test_one_who_changes_his_mind_freezes_nothing_whether_others_follow_him_or_not() -> None:
    alone = [("x", "z", "x"), *(("y", "z", "x"), ("x", "z", "y")) * 8]
    followed = [("x", "z", "x"), *(("y", "x", "x"), ("y", "y", "y"), ("x", "y", "y"), ("x", "x", "x")) * 8]
    for spoken in (alone, followed):
        assert returns(told(spoken).turns) == 0


def test_one_that_puts_back_what_it_is_told_is_frozen() -> None:
    assert told([("x", "y", "x"), *(("x", "x", "x"), ("x", "y", "x")) * 3]).state is ConflictState.FROZEN


def test_the_same_turns_over_weeks_freeze_nothing() -> None:
    spoken = [("x", "y"), ("y", "y"), ("y", "x"), ("x", "x")] * 8
    case = lived(spoken, LIMITS, every_min=60 * 24 * 3)
    assert case is not None
    assert case.state is ConflictState.CLOSED


def test_one_that_lags_is_no_contest_and_two_that_left_are() -> None:
    lagging = follow(None, sides("Jan Bakker", "Jan Smit"), "Jan Smit", None, at(0))
    contested = follow(None, sides("Jan Bakker", "J. Smit"), "Jan Smit", None, at(0))
    assert lagging is not None
    assert contested is not None
    assert (lagging.contested, contested.contested) == (False, True)


def test_a_decision_holds_until_the_sources_have_followed_or_one_says_something_new() -> None:
    case = follow(None, sides("Jan Bakker", "J. Smit"), "Jan Smit", LIMITS, at(0))
    assert case is not None
    case = resolved(case, "Jan Bakker", "steward", at(1))
    assert case.state is ConflictState.RESOLVED
    for now, state, decided in (
        (sides("Jan Bakker", "Jan Bakker"), ConflictState.CLOSED, None),
        (sides("Jan Bakker", "Jansen"), ConflictState.OPEN, None),
        (sides("Jan Bakker", "J. Smit", 7), ConflictState.RESOLVED, "Jan Bakker"),
    ):
        after = follow(case, now, "Jan Bakker", LIMITS, at(2))
        assert after is not None
        assert (after.state, after.decided) == (state, decided)
