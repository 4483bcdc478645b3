"""What counts of what people said, as a pure function."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from hub.customers.consent import Merged, Statement, decide_consent
from hub.customers.identifiers import Node
from hub.records.enums import ConsentStatus, SurvivorshipRule
from tests.flows.building import at

JAN, ALSO_JAN, MIA = Node("crm", "1"), Node("lms", "1"), Node("crm", "2")
LATER = Node("cm", "1")
GRANTED, REVOKED, DENIED = ConsentStatus.GRANTED, ConsentStatus.REVOKED, ConsentStatus.DENIED


def said(
    number: int,
    node: Node,
    status: ConsentStatus,
    minute: int,
    channel: str | None = "EMAIL",
    valid_to: datetime | None = None,
) -> Statement:
    return Statement(UUID(int=number), node, "marketing", channel, status, at(minute), valid_to=valid_to)


def status(statements: list[Statement], merges: list[Merged], minute: int, channel: str = "EMAIL") -> ConsentStatus:
    return decide_consent(statements, merges, "marketing", channel, at(minute)).status


def test_in_ordinary_sync_the_newest_valid_statement_counts() -> None:
    told = [said(1, JAN, GRANTED, 1), said(2, ALSO_JAN, REVOKED, 2), said(3, JAN, GRANTED, 3, valid_to=at(5))]
    assert [status(told, [], minute) for minute in (0, 1, 2, 3, 5)] == [
        ConsentStatus.UNKNOWN,
        GRANTED,
        REVOKED,
        GRANTED,
        REVOKED,
    ]


def test_a_statement_about_the_channel_goes_before_a_newer_one_about_all() -> None:
    told = [said(1, JAN, GRANTED, 1), said(2, JAN, DENIED, 2, channel=None)]
    assert (status(told, [], 3), status(told, [], 3, "PHONE")) == (GRANTED, DENIED)


def test_when_two_people_merge_the_most_restrictive_counts_until_something_new_is_said() -> None:
    told = [said(1, JAN, DENIED, 1), said(2, MIA, GRANTED, 2), said(3, MIA, GRANTED, 9)]
    merged = [Merged(at(5), (frozenset({JAN}), frozenset({MIA})))]
    decided = decide_consent(told, merged, "marketing", "EMAIL", at(6))
    assert (decided.status, decided.rule) == (DENIED, SurvivorshipRule.MOST_RESTRICTIVE)
    assert (status(told, merged, 4), status(told, merged, 9)) == (GRANTED, GRANTED)


def test_within_one_of_the_merged_people_the_newest_still_counts() -> None:
    told = [said(1, JAN, DENIED, 1), said(2, ALSO_JAN, GRANTED, 2), said(3, MIA, GRANTED, 2)]
    merged = [Merged(at(5), (frozenset({JAN, ALSO_JAN}), frozenset({MIA})))]
    assert status(told, merged, 6) is GRANTED


nodes = st.sampled_from((JAN, ALSO_JAN, MIA))
statements = st.lists(
    st.builds(
        lambda number, node, one, minute, channel: said(number, node, one, minute, channel),
        number=st.integers(1, 10_000),
        node=nodes,
        one=st.sampled_from(ConsentStatus),
        minute=st.integers(0, 9),
        channel=st.sampled_from(("EMAIL", None)),
    ),
    max_size=8,
)


@given(told=statements, later=st.integers(0, 5))
def test_a_merge_never_allows_what_one_of_the_merged_did_not(told: list[Statement], later: int) -> None:
    sides = (frozenset({JAN, ALSO_JAN}), frozenset({MIA}))
    moment = at(10) + timedelta(minutes=later)
    alone = [decide_consent([s for s in told if s.node in side], [], "marketing", "EMAIL", moment) for side in sides]
    merged = decide_consent(told, [Merged(at(10), sides)], "marketing", "EMAIL", moment)
    assert merged.status is not GRANTED or all(one.status is GRANTED for one in alone if one.statement is not None)


@given(told=statements)
def test_neither_does_a_chain_of_merges(told: list[Statement]) -> None:
    first = Merged(at(5), (frozenset({JAN}), frozenset({ALSO_JAN})))
    chain = [first, Merged(at(10), (frozenset({JAN, ALSO_JAN}), frozenset({MIA})))]
    of_both = status([one for one in told if one.node is not MIA], [first], 10)
    of_mia = status([one for one in told if one.node is MIA], [], 10)
    unsaid = ConsentStatus.UNKNOWN
    assert status(told, chain, 10) is not GRANTED or {of_both, of_mia} <= {GRANTED, unsaid}


def test_an_old_word_that_is_found_after_a_merge_is_of_one_of_the_merged_and_not_newer_than_it() -> None:
    """A system that is connected later: whose its record was then, nobody knows."""
    merged = [Merged(at(5), (frozenset({JAN}), frozenset({MIA})))]
    told = [said(1, JAN, DENIED, 1), said(2, MIA, GRANTED, 2)]
    assert status([*told, said(3, LATER, GRANTED, 3)], merged, 6) is DENIED
    assert status([*told, said(3, LATER, GRANTED, 6)], merged, 7) is GRANTED
    both = [said(1, JAN, GRANTED, 3), said(2, MIA, GRANTED, 4)]
    assert status([*both, said(3, LATER, REVOKED, 2)], merged, 6) is GRANTED
    assert status([*both, said(3, LATER, REVOKED, 4, channel=None)], merged, 6) is GRANTED
    assert status([*both, said(3, LATER, REVOKED, 5)], merged, 6) is REVOKED


@given(told=statements, number=st.integers(10_001, 10_009), minute=st.integers(0, 10))
def test_no_old_word_that_is_found_after_a_merge_allows_what_the_merge_did_not(
    told: list[Statement], number: int, minute: int
) -> None:
    chain = [
        Merged(at(5), (frozenset({JAN}), frozenset({ALSO_JAN}))),
        Merged(at(10), (frozenset({JAN, ALSO_JAN}), frozenset({MIA}))),
    ]
    before = status(told, chain, 11)
    after = status([*told, said(number, LATER, GRANTED, minute)], chain, 11)
    assert after is not GRANTED or before in (GRANTED, ConsentStatus.UNKNOWN)


@given(told=statements, data=st.data())
def test_the_order_in_which_statements_are_read_does_not_matter(told: list[Statement], data: st.DataObject) -> None:
    merged = [Merged(at(5), (frozenset({JAN}), frozenset({MIA})))]
    shuffled = data.draw(st.permutations(told))
    decided = [decide_consent(one, merged, "marketing", "EMAIL", at(12)).status for one in (told, shuffled)]
    assert decided[0] is decided[1]
