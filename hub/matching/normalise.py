"""From what was written to what can be compared; one rule for files and for the hub's own records."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hub.matching.addresses import place_of
from hub.matching.dates import birth_of, is_day_first
from hub.matching.fold import fold
from hub.matching.names import clean_name, split_full_name
from hub.matching.person import Person, Written

_NO_DIGIT = re.compile(r"\D+")
PHONE_DIGITS: Final = 9
"""Of a phone number the last digits: with, without or with a wrong country or trunk prefix it stays the same."""
PHONE_DIGITS_MIN: Final = 6


@dataclass(frozen=True, slots=True)
class Notation:
    """How a file writes: `day_first` of its dates, `full_names` when one column holds the whole name."""

    day_first: bool = True
    full_names: bool = False


def notation_of(sample: Sequence[Written]) -> Notation:
    """Told from a file's first rows."""
    families = [written.family_name for written in sample if written.family_name.strip()]
    several = sum(len(family.split()) > 1 for family in families)
    no_given = not any(written.given_name.strip() for written in sample)
    return Notation(
        is_day_first(written.birth_date for written in sample),
        full_names=no_given and several * 2 > len(families),
    )


def normalise(written: Written, notation: Notation) -> Person:
    """Never fails: a value that cannot be understood counts as absent or stays as its folded self."""
    given, family = clean_name(written.given_name), clean_name(written.family_name)
    if notation.full_names or (not given and "," in written.family_name):
        given, family = split_full_name(written.family_name)
    street, house, unit = place_of(written.street, written.house_number, written.unit)
    return Person(
        given=given,
        family=family,
        birth=birth_of(written.birth_date, day_first=notation.day_first) if written.birth_date else "",
        street=street,
        house=house,
        unit=unit,
        locality=fold(written.locality),
        region=fold(written.region),
        postal=_postal(written.postal_code),
        email=_email(written.email),
        phone=_phone(written.phone),
    )


def _postal(value: str) -> str:
    """Without space; the four digits that the United States add to a ZIP code are left off."""
    code = fold(value.strip().removesuffix(".0")).replace(" ", "")
    return code[:5] if len(code) == 9 and code.isdigit() else code


def _email(value: str) -> str:
    local, at, domain = value.strip().lower().rpartition("@")
    if not at or not local:
        return ""
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"


def _phone(value: str) -> str:
    digits = _NO_DIGIT.sub("", value.strip().removesuffix(".0"))
    return digits[-PHONE_DIGITS:] if len(digits) >= PHONE_DIGITS_MIN else ""
