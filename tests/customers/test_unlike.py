"""Who plainly is not one person, by given name and birth date."""

from __future__ import annotations

import pytest

from hub.customers.identifiers import Node
from hub.customers.unlike import contradicted
from hub.records.customer import CustomerRecord
from hub.records.enums import PartyKind

A, B = Node("crm", "1"), Node("lms", "2")


def record(name: str, born: str = "", kind: PartyKind = PartyKind.PERSON) -> CustomerRecord:
    given, _, family = name.partition("/")
    told = {"given_name": given, "family_name": family} if family else {"name": name}
    return CustomerRecord.model_validate({**told, "birth_date": born or None, "kind": kind})


def apart(a: CustomerRecord, b: CustomerRecord) -> bool:
    found = {frozenset(contradicted([(A, B)], {A: x, B: y})) for x, y in ((a, b), (b, a))}
    (one,) = found
    return bool(one)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Kees/Bakker", "Cornelis/Bakker"),
        ("C./Bakker", "Kees/Bakker"),
        ("J.H./de Vries", "Henk/de Vries"),
        ("JH/de Vries", "Henk/de Vries"),
        ("Ed/Smit", "Eduard/Smit"),
        ("Zoë/Çelik", "Zoe/Celik"),
        ("Сергей/Иванов", "Sergej/Ivanov"),
        ("Jan-Willem/Smit", "Willem/Smit"),
        ("Maira/Smit", "Maria/Smit"),
        ("Jan/de Vries", "de Vries/Jan"),
        ("Jan de Vries", "Vries, J. de"),
        ("Jan/de Vries", "dhr. de Vries"),
        ("Jan/de Vries", "de Vries"),
        ("Anna/Bakker", "Anna/Smit"),
    ],
)
def test_another_spelling_speaks_against_nobody(a: str, b: str) -> None:
    assert not apart(record(a), record(b))
    assert not apart(record(a, "1985-03-14"), record(b, "1985-03-14"))


@pytest.mark.parametrize(
    ("a", "b"),
    [("Jan/de Vries", "Maria/de Vries"), ("J./de Vries", "Maria/de Vries"), ("Jan de Vries", "M. de Vries")],
)
def test_another_given_name_does_unless_born_on_one_day(a: str, b: str) -> None:
    assert apart(record(a), record(b))
    assert apart(record(a, "1985-03-14"), record(b, "1986-11-02"))
    assert not apart(record(a, "1985-03-14"), record(b, "1985-03-14"))
    assert apart(record(a, "1900-01-01"), record(b, "1900-01-01"))  # nobody knows the date


def test_another_birth_does_unless_he_has_the_same_name_and_is_no_generation_older() -> None:
    jan = record("Jan/de Vries", "1958-03-14")
    assert apart(jan, record("Johannes/de Vries", "1971-11-20"))
    assert not apart(jan, record("Jan/de Vries", "1971-11-20"))
    assert apart(jan, record("Jan/de Vries", "1986-11-20"))
    assert not apart(jan, record("Jan/de Vries", "1970-01-01"))
    assert not apart(jan, record("Jan/de Vries", "1985-03-14"))  # 58 and 85
    assert not apart(jan, record("Jan/de Vries"))


def test_companies_are_not_compared_by_given_names() -> None:
    company = record("Bakkerij de Vries", kind=PartyKind.ORGANISATION)
    assert not apart(company, record("Jan de Vries"))
    assert not apart(company, record("Vries B.V./de", kind=PartyKind.ORGANISATION))


def test_a_company_is_none_of_the_people_who_work_there() -> None:
    company = record("Bakkerij de Vries", kind=PartyKind.ORGANISATION)
    assert apart(company, record("Jan/de Vries"))
    assert apart(company, record("J. de Vries", "1985-03-14"))
