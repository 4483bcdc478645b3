"""Persons as columns: each distinct value once, and per person the number of his value."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from hub.matching.mailboxes import follows_from_name
from hub.matching.person import Person
from hub.matching.traits import BirthTraits, CodeTraits, MailTraits, NameTraits, WordTraits

Codes: TypeAlias = npt.NDArray[np.int32]
ABSENT: Final = -1
SOME: Final = 2000

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


class Vocabulary(dict[str, int]):
    """Numbers the distinct values of a domain; the empty text is ABSENT."""

    def __init__(self) -> None:
        super().__init__({"": ABSENT})

    def __missing__(self, value: str) -> int:
        self[value] = number = len(self) - 1
        return number


@dataclass(frozen=True)
class People:
    """`codes[field][i]` is the number of person i's value in `vocabularies[DOMAINS[field]]`."""

    codes: dict[str, Codes]
    vocabularies: dict[str, Vocabulary]

    def __len__(self) -> int:
        return len(self.codes["given"])

    def values(self, field: str) -> Sequence[str]:
        """The distinct values that this field's numbers stand for."""
        return self._values[DOMAINS[field]]

    @cached_property
    def _values(self) -> Mapping[str, Sequence[str]]:
        return {domain: list(vocabulary)[1:] for domain, vocabulary in self.vocabularies.items()}

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
    def named_mails(self) -> npt.NDArray[np.bool_]:
        """Per person whether his mailbox follows from his name."""
        given, family, email = self.values("given"), self.values("family"), self.values("email")
        having = np.flatnonzero(self.codes["email"] != ABSENT)
        named = np.zeros(len(self), np.bool_)
        columns_of = (self.codes[field][having].tolist() for field in ("email", "given", "family"))
        named[having] = [
            follows_from_name(email[e], "" if g == ABSENT else given[g], "" if f == ABSENT else family[f])
            for e, g, f in zip(*columns_of, strict=True)
        ]
        return named

    @cached_property
    def numbers(self) -> Mapping[str, CodeTraits]:
        """Of postal codes, regions, house numbers and phones."""
        return {field: CodeTraits(self.values(field)) for field in ("postal", "region", "house", "phone")}

    @cached_property
    def words(self) -> Mapping[str, WordTraits]:
        """Of the fields that are plain words; streets and units share theirs."""
        domains = {domain: WordTraits(self._values[domain]) for domain in ("street", "locality")}
        return {field: domains[DOMAINS[field]] for field in ("street", "unit", "locality")}


def columns(persons: Iterable[Person]) -> People:
    """Takes the persons a few at a time, so that they need never be in memory together."""
    vocabularies = {domain: Vocabulary() for domain in DOMAINS.values()}
    codes = [array("i") for _ in DOMAINS]
    coming = iter(persons)
    while some := list(islice(coming, SOME)):
        for numbers, domain, values in zip(codes, DOMAINS.values(), zip(*some, strict=True), strict=True):
            numbers.extend(map(vocabularies[domain].__getitem__, values))
    filled = {field: np.array(column, dtype=np.int32) for field, column in zip(DOMAINS, codes, strict=True)}
    return People(filled, vocabularies)
