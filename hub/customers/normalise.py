"""One spelling per identifier, so that two notations of one phone or mailbox meet."""

from __future__ import annotations

import phonenumbers

from hub.records.enums import MediumKind


def normalise_email(value: str) -> str | None:
    """Lower-cased, without surrounding space; None when it is no address at all.

    The local part is lower-cased too: RFC 5321 lets a host tell case apart, no mailbox provider of consumers does.
    """
    address = value.strip().lower()
    local, at, domain = address.rpartition("@")
    if not at or not local or "." not in domain or " " in address:
        return None
    return address


def normalise_phone(value: str, region: str) -> str | None:
    """E.164 (+31612345678); `region` (ISO 3166-1) is assumed where the country is left out; None when impossible."""
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class Spelling:
    """Spells the identifiers of one page; each phone number is parsed once, and forgotten with the page."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._phones: dict[str, str | None] = {}

    def phone(self, value: str) -> str | None:
        """As `normalise_phone`."""
        if value not in self._phones:
            self._phones[value] = normalise_phone(value, self._region)
        return self._phones[value]

    def medium(self, kind: MediumKind, value: str) -> str:
        """Under which equal media meet: an e-mail or E.164 phone where it is one, the trimmed text else."""
        if kind is MediumKind.EMAIL:
            return normalise_email(value) or value.strip().lower()
        if kind is MediumKind.PHONE:
            return self.phone(value) or value.strip()
        return value.strip()
