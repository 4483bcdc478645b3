"""Who is who, as a pure function."""

from __future__ import annotations

from collections.abc import Collection

from hypothesis import given
from hypothesis import strategies as st

from hub.customers.identifiers import IdentifierKey, Node, id_of
from hub.customers.likely import Likely, Pair
from hub.customers.partition import Decisions, partition

CRM1, CRM2, LMS1, CM1 = Node("crm", "1"), Node("crm", "2"), Node("lms", "1"), Node("cm", "1")


def email(value: str) -> IdentifierKey:
    return IdentifierKey("EMAIL", value)


def phone(value: str) -> IdentifierKey:
    return IdentifierKey("PHONE", value)


def groups(
    carried: dict[Node, set[IdentifierKey]],
    deleted: frozenset[Node] = frozenset(),
    decisions: Decisions = Decisions(),  # noqa: B008  frozen
    contradicting: Collection[Pair] = (),
) -> list[set[Node]]:
    read = {node: frozenset(keys) for node, keys in carried.items()}
    found = partition(read, deleted, decisions, contradicting=contradicting)
    return [set(group) for group in found]


def test_records_of_two_systems_meet_in_one_identifier() -> None:
    assert groups({CRM1: {email("a")}, LMS1: {email("a")}}) == [{CRM1, LMS1}]


def test_links_reach_across_a_third_system() -> None:
    carried = {CRM1: {email("a")}, LMS1: {email("a"), phone("1")}, CM1: {phone("1")}}
    assert groups(carried) == [{CRM1, LMS1, CM1}]


def test_an_identifier_of_two_records_of_one_system_links_nobody() -> None:
    assert groups({CRM1: {email("a")}, CRM2: {email("a")}, LMS1: {email("a")}}) == [{CRM1}, {CRM2}, {LMS1}]


def test_the_stronger_identifier_wins_where_both_cannot_hold() -> None:
    carried = {CRM1: {email("a")}, CRM2: {phone("1")}, LMS1: {email("a"), phone("1")}}
    assert groups(carried) == [{CRM1, LMS1}, {CRM2}]


def test_a_steward_joins_two_records_of_one_system() -> None:
    decisions = Decisions(same=frozenset({(CRM1, CRM2)}))
    assert groups({CRM1: {email("a")}, CRM2: {email("a")}, LMS1: {email("a")}}, decisions=decisions) == [
        {CRM1, CRM2, LMS1}
    ]


def test_a_steward_keeps_apart_whom_an_identifier_would_join() -> None:
    decisions = Decisions(different=frozenset({(CRM1, LMS1)}))
    assert groups({CRM1: {email("a")}, LMS1: {email("a")}}, decisions=decisions) == [{CRM1}, {LMS1}]


def test_whoever_is_kept_apart_does_not_part_the_others() -> None:
    decisions = Decisions(different=frozenset({(CM1, CRM1), (CM1, LMS1)}))
    carried = {CM1: {email("a")}, CRM1: {email("a")}, LMS1: {email("a")}}
    assert groups(carried, decisions=decisions) == [{CM1}, {CRM1, LMS1}]


def test_a_deleted_duplicate_does_not_spoil_the_identifier_of_the_living_one() -> None:
    carried = {CRM1: {email("a")}, CRM2: {email("a")}, LMS1: {email("a")}}
    assert groups(carried, deleted=frozenset({CRM2})) == [{CRM1, LMS1}, {CRM2}]


def test_a_deleted_record_stays_with_the_customer_another_system_knows() -> None:
    assert groups({CRM1: {email("a")}, LMS1: {email("a")}}, deleted=frozenset({CRM1})) == [{CRM1, LMS1}]


def test_what_people_share_joins_nobody_who_is_plainly_somebody_else_an_id_does() -> None:
    carried = {CM1: {email("a")}, CRM1: {email("a"), phone("1")}, LMS1: {phone("1")}}
    assert groups(carried, contradicting={(CM1, LMS1)}) == [{CM1, CRM1}, {LMS1}]
    mine = id_of(*CRM1)
    assert groups({CRM1: {mine, email("a")}, LMS1: {mine, email("a")}}, contradicting={(CRM1, LMS1)}) == [{CRM1, LMS1}]


def test_a_deleted_record_does_not_follow_somebody_else_of_its_household() -> None:
    carried = {CM1: {email("a")}, CRM1: {email("a")}, LMS1: {email("a")}}
    gone = frozenset({LMS1})
    assert groups(carried, gone, contradicting={(CM1, CRM1), (CM1, LMS1)}) == [{CM1}, {CRM1, LMS1}]
    assert groups(carried, gone, contradicting={(CM1, LMS1), (CRM1, LMS1)}) == [{CM1, CRM1}, {LMS1}]


NODES = [Node(system, number) for system in ("crm", "lms", "cm") for number in ("1", "2", "3")]
KEYS = [email(value) for value in "abc"] + [phone(value) for value in "123"]
pairs = st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)).filter(lambda pair: pair[0] < pair[1])


@given(
    carried=st.dictionaries(st.sampled_from(NODES), st.frozensets(st.sampled_from(KEYS), max_size=3), min_size=1),
    deleted=st.frozensets(st.sampled_from(NODES), max_size=3),
    data=st.data(),
)
def test_the_order_of_records_does_not_matter_and_nobody_is_lost(
    carried: dict[Node, frozenset[IdentifierKey]], deleted: frozenset[Node], data: st.DataObject
) -> None:
    shuffled = dict(data.draw(st.permutations(list(carried.items()))))
    apart = data.draw(st.frozensets(pairs, max_size=6))
    found = partition(carried, deleted, Decisions(), contradicting=apart)
    assert partition(shuffled, deleted, Decisions(), contradicting=apart) == found
    assert sorted(node for group in found for node in group) == sorted(carried)
    # Mailboxes and phones are all that they carry.
    assert not any({a, b} <= group for group in found for a, b in apart)


@given(carried=st.dictionaries(st.sampled_from(NODES), st.frozensets(st.sampled_from(KEYS), max_size=3)))
def test_two_living_ids_of_one_system_never_become_one_customer(
    carried: dict[Node, frozenset[IdentifierKey]],
) -> None:
    for group in partition(carried, frozenset(), Decisions()):
        assert len({node.system for node in group}) == len(group)


@given(
    carried=st.dictionaries(st.sampled_from(NODES), st.frozensets(st.sampled_from(KEYS), max_size=2), min_size=2),
    links=st.dictionaries(pairs, st.sampled_from((6.6, 9.0, 40.0)), max_size=8),
    against=st.frozensets(pairs, max_size=3),
    different=st.frozensets(pairs, max_size=3),
    data=st.data(),
)
def test_likely_links_join_under_the_same_rules_in_whatever_order_they_are_told(
    carried: dict[Node, frozenset[IdentifierKey]],
    links: dict[tuple[Node, Node], float],
    against: frozenset[tuple[Node, Node]],
    different: frozenset[tuple[Node, Node]],
    data: st.DataObject,
) -> None:
    decisions = Decisions(different=different)
    found = partition(carried, frozenset(), decisions, Likely(links, against))
    shuffled = Likely(dict(data.draw(st.permutations(list(links.items())))), against)
    assert partition(carried, frozenset(), decisions, shuffled) == found
    apart = partition(carried, frozenset(), decisions)
    for group in found:
        assert len({node.system for node in group}) == len(group)
        assert not any(a in group and b in group for a, b in different)
        # Whom identifiers alone leave apart, no link joins against a contradiction.
        assert not any({a, b} <= group and not any({a, b} <= one for one in apart) for a, b in against)
    # Identifiers were followed first: links only ever join whole groups.
    assert all(any(one <= group for group in found) for one in apart)


def test_the_surest_link_wins_where_both_cannot_hold() -> None:
    carried: dict[Node, frozenset[IdentifierKey]] = {node: frozenset() for node in (CRM1, CRM2, LMS1)}
    links = {(CRM1, LMS1): 7.0, (CRM2, LMS1): 9.5}
    assert partition(carried, frozenset(), Decisions(), Likely(links)) == [{CRM1}, {CRM2, LMS1}]


def test_a_deleted_record_stays_with_whom_it_was_likely_to_be() -> None:
    carried: dict[Node, frozenset[IdentifierKey]] = {node: frozenset() for node in (CRM1, LMS1)}
    links = {(CRM1, LMS1): 9.5}
    assert partition(carried, frozenset({CRM1}), Decisions(), Likely(links)) == [{CRM1, LMS1}]
