"""A person as some file or package writes him, and the same after normalisation."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Field(StrEnum):
    """What may be known of a person; the names are the options of `hub match`."""

    ID = "id"
    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    BIRTH_DATE = "birth_date"
    STREET = "street"
    HOUSE_NUMBER = "house_number"
    UNIT = "unit"
    LOCALITY = "locality"
    REGION = "region"
    POSTAL_CODE = "postal_code"
    EMAIL = "email"
    PHONE = "phone"


class Written(NamedTuple):
    """The values as they were written; an absent one is the empty text."""

    given_name: str = ""
    family_name: str = ""
    birth_date: str = ""
    street: str = ""
    house_number: str = ""
    unit: str = ""
    locality: str = ""
    region: str = ""
    postal_code: str = ""
    email: str = ""
    phone: str = ""


class Person(NamedTuple):
    """Normalised: folded words, `birth` as yyyymmdd with `-` for what is not known, `phone` as its last nine digits.

    An absent value is the empty text: it speaks neither for nor against anybody.
    """

    given: str = ""
    family: str = ""
    birth: str = ""
    street: str = ""
    house: str = ""
    unit: str = ""
    locality: str = ""
    region: str = ""
    postal: str = ""
    email: str = ""
    phone: str = ""
