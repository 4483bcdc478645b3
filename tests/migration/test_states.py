"""The table of transitions: what it allows happens, everything else is refused by name."""

from __future__ import annotations

from itertools import product

import pytest

from hub.errors import Conflict
from hub.migration.states import ENDED, FOLLOWS, allowed, check
from hub.records.migration import MigrationState

S = MigrationState
PAIRS = list(product(S, S))


def test_every_state_has_its_row() -> None:
    assert set(FOLLOWS) == set(S)


def test_only_a_rollback_leads_out_of_an_end() -> None:
    assert {state: FOLLOWS[state] for state in ENDED} == {
        S.COMPLETED: {S.ROLLING_BACK},
        S.ABORTED: frozenset(),
        S.ROLLED_BACK: frozenset(),
    }


def test_authority_moves_only_after_an_approval() -> None:
    assert [state for state in S if S.CUTTING_OVER in FOLLOWS[state]] == [S.APPROVED]


def test_nothing_is_aborted_once_authority_has_moved() -> None:
    assert [state for state in (S.CUTTING_OVER, S.OBSERVING, S.COMPLETED) if S.ABORTED in FOLLOWS[state]] == []


@pytest.mark.parametrize(("state", "to"), [pair for pair in PAIRS if pair[1] in FOLLOWS[pair[0]]])
def test_an_allowed_transition_passes(state: MigrationState, to: MigrationState) -> None:
    assert to in allowed(state, None)
    check(state, to)


@pytest.mark.parametrize(("state", "to"), [pair for pair in PAIRS if pair[1] not in FOLLOWS[pair[0]]])
def test_a_forbidden_transition_names_what_may_follow(state: MigrationState, to: MigrationState) -> None:
    named = ", ".join(sorted(FOLLOWS[state])) or "nothing"
    with pytest.raises(Conflict, match=f"is {state.value} and cannot become {to.value}; what may follow is {named}"):
        check(state, to)


@pytest.mark.parametrize("before", [S.SEEDING, S.SHADOW, S.GATED, S.APPROVED])
def test_a_pause_before_the_cut_over_ends_where_it_began_or_by_giving_up(before: MigrationState) -> None:
    assert allowed(S.PAUSED, before) == {before, S.ABORTED}


def test_a_pause_after_the_cut_over_cannot_give_up() -> None:
    assert allowed(S.PAUSED, S.OBSERVING) == {S.OBSERVING, S.ROLLING_BACK}
