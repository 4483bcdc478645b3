"""Whether two customer records plainly are two people, by given name and birth date alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from hub.customers.identifiers import Node
from hub.customers.likely import Pair
from hub.customers.likeness.person import named_person
from hub.matching.columns import Codes, People, columns
from hub.matching.compare_births import compare_births
from hub.matching.compare_names import compare_names
from hub.matching.comparisons import BY_NAME
from hub.matching.names import PARTICLES
from hub.matching.nicknames import full_names
from hub.matching.person import Person
from hub.matching.similarity import Grades, Mask, graded_where_known
from hub.records.customer import CustomerRecord
from hub.records.enums import PartyKind

GENERATION: Final = 15
"""Years between a parent and a child who has the parent's name."""

_GIVEN, _BIRTH = BY_NAME["given"].grade, BY_NAME["birth"].grade
_ONE_BIRTH: Final = tuple(map(_BIRTH, ("equal", "swapped", "close")))
_UNTOLD: Final = "0101"
"""Packages write the first of January where a date of birth is wanted and nobody knows it."""
_INITIALS_MAX: Final = 4


def contradicted(pairs: Sequence[Pair], records: Mapping[Node, CustomerRecord]) -> frozenset[Pair]:
    """Those whose given names are plainly others, unless they were born on one day; those born on plainly other days,
    unless they have the same given name; and namesakes a generation apart.

    Initials that agree, nicknames, typing errors and what is unknown speak against nobody. A company is none of its
    people.
    """
    staff = frozenset(pair for pair in pairs if _company_and_person(*(records[node] for node in pair)))
    asked = [pair for pair in pairs if _may_differ(*(records[node] for node in pair))]
    if not asked:
        return staff
    place = {node: number for number, node in enumerate(sorted({node for pair in asked for node in pair}))}
    persons = [_told(named_person(records[node])) for node in place]
    people = columns(persons)
    left, right = (np.array([place[pair[side]] for pair in asked], np.int32) for side in (0, 1))
    given, _ = compare_names(people, left, right)
    birth = compare_births(people, left, right)
    other_day = birth == _BIRTH("different")
    by_name = (given == _GIVEN("different")) & ~np.isin(birth, _ONE_BIRTH)
    by_birth = other_day & (given != _GIVEN("equal")) & (given != 0)
    grown = other_day & _generation_apart(people, left, right)
    return staff.union(
        pair
        for pair, named, born in zip(asked, by_name.tolist(), (by_birth | grown).tolist(), strict=True)
        if born or (named and not _short_for(*(persons[place[node]].given for node in pair)))
    )


def plainly_another(one: CustomerRecord, other: CustomerRecord) -> bool:
    """Of two records alone."""
    a, b = Node("", "a"), Node("", "b")
    return bool(contradicted([(a, b)], {a: one, b: other}))


def _company_and_person(a: CustomerRecord, b: CustomerRecord) -> bool:
    """A record whose kind its system may not know is a person where it has a given name or a birth date."""
    person = b if a.kind is PartyKind.ORGANISATION else a
    return a.kind is not b.kind and bool(person.given_name or person.birth_date)


def _may_differ(a: CustomerRecord, b: CustomerRecord) -> bool:
    """Nobody is looked at twice who is called the same; companies are not compared by given names."""
    if PartyKind.ORGANISATION in (a.kind, b.kind):
        return False
    return (a.name, a.given_name, a.birth_date) != (b.name, b.given_name, b.birth_date)


def _told(person: Person) -> Person:
    """As far as it tells: of `de Vries` alone no given name is known."""
    if all(word in PARTICLES for word in person.given.split()):
        person = person._replace(given="", family=f"{person.given} {person.family}".strip())
    return person._replace(birth="") if person.birth.endswith(_UNTOLD) else person


def _generation_apart(people: People, left: Codes, right: Codes) -> Mask:
    birth, traits = people.codes["birth"], people.births

    def apart(a: Codes, b: Codes) -> Grades:
        whole = ~(traits.partial[a] | traits.partial[b])
        return np.asarray(whole & (abs(traits.year[a] - traits.year[b]) >= GENERATION), np.uint8)

    return np.asarray(graded_where_known(birth[left], birth[right], apart) == 1)


def _short_for(a: str, b: str) -> bool:
    """`ed` for `eduard`; and where one has initials alone, whether any is the other's: `j h` is Henk, `c` is Kees."""
    if min(len(a), len(b)) > 1 and (a.startswith(b) or b.startswith(a)):
        return True
    return (_is_initials(a) or _is_initials(b)) and not _letters(a).isdisjoint(_letters(b))


def _is_initials(given: str) -> bool:
    return all(len(word) == 1 or _run_together(word) for word in given.split())


def _run_together(word: str) -> bool:
    """`jh`, which nobody could say."""
    return 1 < len(word) <= _INITIALS_MAX and not set(word) & set("aeiouy")


def _letters(given: str) -> set[str]:
    """With which the given name, in full or as it is called, begins."""
    words = given.split()
    called = {full for word in words for full in full_names(word)}
    return {letter for word in words if _run_together(word) for letter in word} | {
        word[0] for word in (*words, *called) if not _run_together(word)
    }
