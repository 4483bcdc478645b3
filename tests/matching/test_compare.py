"""The grades that two persons get."""

from __future__ import annotations

import numpy as np
import pytest

from hub.matching.columns import columns
from hub.matching.compare import PLACES, compare
from hub.matching.comparisons import BY_NAME
from hub.matching.normalise import Notation, normalise
from hub.matching.person import Person, Written


def grade(comparison: str, one: Person, other: Person) -> str:
    people = columns([one, other])
    forth = compare(people, np.array([0], np.int32), np.array([1], np.int32)).grades[0, PLACES[comparison]]
    back = compare(people, np.array([1], np.int32), np.array([0], np.int32)).grades[0, PLACES[comparison]]
    assert forth == back
    return "unknown" if forth == 0 else BY_NAME[comparison].grades[forth - 1]


@pytest.mark.parametrize(
    "one, other, expected",
    [
        ("jan", "jan", "equal"),
        ("sanne", "sane", "close"),
        ("kees", "cornelis", "variant"),
        ("riet", "maria", "variant"),
        ("bep", "elisabeth", "variant"),
        ("bep", "liesbeth", "variant"),
        ("gosia", "malgorzata", "variant"),
        ("jan", "jan willem", "variant"),
        ("j", "jan", "initial"),
        ("p", "jan", "different"),
        ("marieke", "marije", "similar"),
        ("jan", "", "unknown"),
        ("jan", "fatima", "different"),
    ],
)
def test_given_names(one: str, other: str, expected: str) -> None:
    assert grade("given", Person(given=one), Person(given=other)) == expected


@pytest.mark.parametrize(
    "one, other, expected",
    [
        ("de vries", "vries", "equal"),
        ("van den berg", "vandenberg", "equal"),
        ("vries", "vires", "close"),
        ("vries bakker", "vries", "part"),
        ("smits", "schmidtz", "different"),
        ("meijer", "mayr", "sound"),
    ],
)
def test_family_names(one: str, other: str, expected: str) -> None:
    assert grade("family", Person(family=one), Person(family=other)) == expected


def test_exchanged_names_are_seen() -> None:
    one, other = Person(given="jan", family="pietersen"), Person(given="pietersen", family="jan")
    assert (grade("given", one, other), grade("family", one, other)) == ("crossed", "crossed")
    alone = Person(given="pietersen")
    assert (grade("given", one, alone), grade("family", one, alone)) == ("unknown", "crossed")


@pytest.mark.parametrize(
    "one, other, expected",
    [
        ("19850314", "19850314", "equal"),
        ("19850304", "19850403", "swapped"),
        ("19850314", "19850313", "close"),
        ("19850314", "19850341", "close"),
        ("19850314", "19850727", "near"),
        ("19850314", "19550314", "close"),
        ("19850314", "19621125", "different"),
        ("1985----", "19850314", "near"),
        ("198503--", "19850314", "two_parts"),
        ("1985----", "1950----", "different"),
    ],
)
def test_dates_of_birth(one: str, other: str, expected: str) -> None:
    assert grade("birth", Person(birth=one), Person(birth=other)) == expected


def test_an_agreement_that_follows_from_another_is_not_counted_again() -> None:
    here = Person(postal="1234ab", locality="utrecht", region="ut")
    assert grade("postal", here, here) == "equal"
    assert grade("locality", here, here) == "unknown"
    assert grade("region", here, here._replace(postal="9999zz")) == "unknown"


def test_a_street_in_the_field_of_the_unit_is_found() -> None:
    one, other = Person(street="rosetta village", unit="3"), Person(street="stanley street", unit="rosetta village")
    assert grade("street", one, other) == "crossed"


@pytest.mark.parametrize(
    "one, other, expected",
    [
        ("jan.devries@x.nl", "jan.devries@x.nl", "equal"),
        ("jandevries@x.nl", "jandevries@y.nl", "local_part"),
        ("info@x.nl", "info@y.nl", "different"),
        ("jandevries@x.nl", "jandevires@x.nl", "close"),
    ],
)
def test_mailboxes(one: str, other: str, expected: str) -> None:
    assert grade("email", Person(email=one), Person(email=other)) == expected


@pytest.mark.parametrize(
    "one, other, expected",
    [
        ("j.moore67@a.nl", "j.moore67@b.nl", "local_part"),
        ("jmoore67@a.nl", "jmoroe67@b.nl", "close"),
        ("jmoore67@a.nl", "nmoore67@a.nl", "different"),
        ("jmoore67@a.nl", "jmoore68@a.nl", "different"),
    ],
)
def test_mailboxes_of_one_family_are_not_close(one: str, other: str, expected: str) -> None:
    assert grade("email", Person(email=one.replace("j.", "j")), Person(email=other.replace("j.", "j"))) == expected


def test_a_year_in_common_is_equality_where_no_more_is_known() -> None:
    assert grade("birth", Person(birth="1976----"), Person(birth="1976----")) == "equal"
    assert grade("birth", Person(birth="1976----"), Person(birth="19760311")) == "near"


@pytest.mark.parametrize(
    "one, other, expected",
    [
        ("jan.devries@a", "jan_devries@b", "unknown"),
        ("familiedevries@a", "familiedevries@b", "unknown"),
        ("jandevries72@a", "jandevries72@b", "local_part"),
        ("bergbeklimmer@a", "bergbeklimmer@b", "local_part"),
        ("jandevries@a", "jandevries@a", "equal"),
        ("jandevries@a", "pietbakker@a", "different"),
    ],
)
def test_a_mailbox_made_of_the_name_they_share_says_no_more(one: str, other: str, expected: str) -> None:
    jan, again = (normalise(Written("Jan", "de Vries", email=mail), Notation()) for mail in (one, other))
    assert grade("email", jan, again) == expected
