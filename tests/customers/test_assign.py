"""Which customer id stays with whom when groups change."""

from __future__ import annotations

from uuid import UUID

from hub.customers.assign import assign
from hub.customers.identifiers import Node

CRM, LMS, CM = Node("crm", "1"), Node("lms", "1"), Node("cm", "1")
ONE, TWO = UUID(int=1), UUID(int=2)


def test_a_group_that_has_an_id_keeps_it() -> None:
    assignment = assign([frozenset({CRM, LMS})], {CRM: ONE}, ())
    assert assignment.groups == {ONE: {CRM, LMS}}
    assert not assignment.created


def test_two_customers_that_become_one_leave_an_alias() -> None:
    assignment = assign([frozenset({CRM, LMS})], {CRM: TWO, LMS: ONE}, ())
    assert assignment.groups == {TWO: {CRM, LMS}}
    assert assignment.aliases == {ONE: TWO}


def test_after_a_split_the_smallest_living_record_keeps_the_id() -> None:
    assignment = assign([frozenset({CM}), frozenset({CRM})], {CM: ONE, CRM: ONE}, {CM})
    assert assignment.groups[ONE] == {CRM}
    assert len(assignment.created) == 1
