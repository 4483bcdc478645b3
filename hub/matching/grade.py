"""Two persons graded without arrays: for a few pairs at a time quicker than columns, and always with their answer."""

from __future__ import annotations

from typing import Final, TypeAlias

from hub.matching.compare import LIKE_MAILS, LIKE_NAMES
from hub.matching.comparisons import BY_NAME
from hub.matching.grade_names import grade_names
from hub.matching.grade_values import grade_birth, grade_code, grade_email, grade_street, grade_words
from hub.matching.mailboxes import follows_from_name
from hub.matching.person import Person

Graded: TypeAlias = tuple[int, int, int, int, int, int, int, int, int, int, int]
"""A grade per comparison, in the order of COMPARISONS."""
_PLACE_CLOSE: Final = BY_NAME["locality"].grade("close")


def grade(one: Person, other: Person) -> Graded:
    """See `compare`, which tells what is left out because it follows from a greater agreement."""
    given, family = grade_names(one.given, one.family, other.given, other.family)
    postal = grade_code("postal", one.postal, other.postal)
    locality = region = 0
    if postal != 1:
        locality = grade_words("locality", one.locality, other.locality)
        if locality != 1 and locality != _PLACE_CLOSE:
            region = grade_code("region", one.region, other.region)
    return (
        given,
        family,
        grade_birth(one.birth, other.birth),
        postal,
        locality,
        region,
        grade_street(one.street, one.unit, other.street, other.unit),
        grade_code("house", one.house, other.house),
        grade_words("unit", one.unit, other.unit),
        _mail(one, other, family),
        grade_code("phone", one.phone, other.phone),
    )


def _mail(one: Person, other: Person, family: int) -> int:
    mail = grade_email(one.email, other.email)
    if mail in LIKE_MAILS and family in LIKE_NAMES:
        named = (follows_from_name(person.email, person.given, person.family) for person in (one, other))
        return 0 if all(named) else mail
    return mail
