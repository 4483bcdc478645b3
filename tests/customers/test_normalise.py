"""Numbers that are taken as they stand are those which the library gives back as they stand."""

from __future__ import annotations

import phonenumbers
from hypothesis import example, given
from hypothesis import strategies as st

from hub.customers.normalise import normalise_phone

CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
DIGITS = st.text("0123456789", min_size=3, max_size=13)


def by_the_library(value: str) -> str | None:
    try:
        number = phonenumbers.parse(value, "NL")
    except phonenumbers.NumberParseException:
        return None
    possible = phonenumbers.is_possible_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if possible else None


@given(st.builds("+{}{}".format, st.sampled_from(CODES) | st.integers(1, 999), DIGITS))
@example("+310612345678")  # a national prefix that has no business there
@example("+390612345678")  # a zero that belongs to the number
@example("+5491112345678")  # Argentina's mobiles are rewritten inside a country
@example("+12125551234")
@example("+80012345678")  # no country at all
def test_an_international_number_is_spelled_as_by_the_library(value: str) -> None:
    assert normalise_phone(value, "NL") == by_the_library(value)
