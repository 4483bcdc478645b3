"""Which customer id stays with whom when groups change."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from hub.customers.assign import Standing, assign
from hub.customers.identifiers import Node

CRM, LMS, CM = Node("crm", "1"), Node("lms", "1"), Node("cm", "1")
ONE, TWO, THREE = UUID(int=1), UUID(int=2), UUID(int=3)
MONDAY, TUESDAY = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC)


def test_a_group_that_has_an_id_keeps_it() -> None:
    assignment = assign([frozenset({CRM, LMS})], Standing({CRM: ONE}, {ONE: CRM}), ())
    assert assignment.groups == {ONE: {CRM, LMS}}
    assert not assignment.created


def test_two_customers_that_become_one_leave_an_alias() -> None:
    assignment = assign([frozenset({CRM, LMS})], Standing({CRM: TWO, LMS: ONE}, {TWO: CRM, ONE: LMS}), ())
    assert assignment.groups == {TWO: {CRM, LMS}}
    assert assignment.aliases == {ONE: TWO}
    assert assignment.ended == {ONE}


def test_of_two_customers_that_become_one_a_preferred_id_stays() -> None:
    standing = Standing({CRM: TWO, LMS: ONE}, {TWO: CRM, ONE: LMS})
    assignment = assign([frozenset({CRM, LMS})], standing, (), preferred={ONE})
    assert assignment.groups == {ONE: {CRM, LMS}}
    assert assignment.aliases == {TWO: ONE}


def test_an_id_that_was_merged_away_comes_back_with_its_home() -> None:
    standing = Standing({CRM: ONE, LMS: ONE}, {ONE: LMS, TWO: CRM}, {TWO: MONDAY})
    assignment = assign([frozenset({CRM}), frozenset({LMS})], standing, ())
    assert assignment.groups == {TWO: {CRM}, ONE: {LMS}}
    assert assignment.revived == {TWO}
    assert not assignment.created
    assert not assignment.aliases


def test_of_ids_merged_one_into_the_other_the_one_merged_last_comes_back_and_the_other_follows() -> None:
    standing = Standing(
        {CRM: THREE, LMS: THREE, CM: THREE}, {ONE: CRM, TWO: LMS, THREE: CM}, {ONE: MONDAY, TWO: TUESDAY}
    )
    assignment = assign([frozenset({CM}), frozenset({CRM, LMS})], standing, ())
    assert assignment.groups == {THREE: {CM}, TWO: {CRM, LMS}}
    assert assignment.aliases == {ONE: TWO}


def test_an_id_from_before_homes_were_kept_stays_with_the_smallest_living_record() -> None:
    assignment = assign([frozenset({CM}), frozenset({CRM})], Standing({CM: ONE, CRM: ONE}), {CM})
    assert assignment.groups[ONE] == {CRM}
    assert len(assignment.created) == 1


def test_an_id_leaves_a_deleted_home_for_a_living_record() -> None:
    standing = Standing({CM: ONE, CRM: ONE}, {ONE: CM})
    assignment = assign([frozenset({CM}), frozenset({CRM})], standing, {CM})
    assert assignment.groups[ONE] == {CRM}
    assert assignment.home[ONE] == CRM
