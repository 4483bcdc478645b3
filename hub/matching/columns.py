"""Persons as columns: each distinct value once, and per person the number of his value."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from hub.matching.person import Person
from hub.matching.traits import BirthTraits, CodeTraits, MailTraits, NameTraits, WordTraits

Codes: TypeAlias = npt.NDArray[np.int32]
ABSENT: Final = -1

DOMAINS: Final = {
    "given": "name",
    "family": "name",
    "birth": "birth",
    "street": "street",
    "house": "house",
    "unit": "street",
    "locality": "locality",
    "region": "region",
    "postal": "postal",
    "email": "email",
    "phone": "phone",
}
"""Fields under one domain share their values' numbers, so that a value in the other field is recognised."""


class Vocabulary:
    """The distinct values of a domain, numbered in order of appearance."""

    def __init__(self) -> None:
        self.values: list[str] = []
        self._codes: dict[str, int] = {"": ABSENT}

    def code(self, value: str) -> int:
        """The value's number; the empty text is ABSENT."""
        code = self._codes.get(value)
        if code is None:
            code = self._codes[value] = len(self.values)
            self.values.append(value)
        return code


@dataclass(frozen=True)
class People:
    """`codes[field][i]` is the number of person i's value in `vocabularies[DOMAINS[field]]`."""

    codes: dict[str, Codes]
    vocabularies: dict[str, Vocabulary]

    def __len__(self) -> int:
        return len(self.codes["given"])

    def values(self, field: str) -> Sequence[str]:
        """The distinct values that this field's numbers stand for."""
        return self.vocabularies[DOMAINS[field]].values

    @cached_property
    def names(self) -> NameTraits:
        """Of given and family names."""
        return NameTraits(self.values("family"))

    @cached_property
    def births(self) -> BirthTraits:
        """Of dates of birth."""
        return BirthTraits(self.values("birth"))

    @cached_property
    def mails(self) -> MailTraits:
        """Of e-mail addresses."""
        return MailTraits(self.values("email"))

    @cached_property
    def numbers(self) -> Mapping[str, CodeTraits]:
        """Of postal codes, regions, house numbers and phones."""
        return {field: CodeTraits(self.values(field)) for field in ("postal", "region", "house", "phone")}

    @cached_property
    def words(self) -> Mapping[str, WordTraits]:
        """Of the fields that are plain words; streets and units share theirs."""
        domains = {domain: WordTraits(self.vocabularies[domain].values) for domain in ("street", "locality")}
        return {field: domains[DOMAINS[field]] for field in ("street", "unit", "locality")}


def columns(persons: Iterable[Person]) -> People:
    """Takes the persons one by one, so that they need never be in memory together."""
    vocabularies = {domain: Vocabulary() for domain in DOMAINS.values()}
    coders = [vocabularies[domain].code for domain in DOMAINS.values()]
    codes = [array("i") for _ in DOMAINS]
    for person in persons:
        for column, code, value in zip(codes, coders, person, strict=True):
            column.append(code(value))
    filled = {field: np.array(column, dtype=np.int32) for field, column in zip(DOMAINS, codes, strict=True)}
    return People(filled, vocabularies)
