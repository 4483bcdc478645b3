"""One spelling per identifier, so that two notations of one phone or mailbox meet."""

from __future__ import annotations

from functools import lru_cache

import phonenumbers


def normalise_email(value: str) -> str | None:
    """Lower-cased, without surrounding space; None when it is no address at all.

    The local part is lower-cased too: RFC 5321 lets a host tell case apart, no mailbox provider of consumers does.
    """
    address = value.strip().lower()
    local, at, domain = address.rpartition("@")
    if not at or not local or "." not in domain or " " in address:
        return None
    return address


@lru_cache(maxsize=65_536)
def normalise_phone(value: str, region: str) -> str | None:
    """E.164 (+31612345678); `region` (ISO 3166-1) is assumed where the country is left out; None when impossible."""
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
