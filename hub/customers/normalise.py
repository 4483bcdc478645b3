"""One spelling per identifier, so that two notations of one phone or mailbox meet."""

from __future__ import annotations

import re
from typing import Final

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

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


_INTERNATIONAL: Final = re.compile(r"\+[1-9][0-9]{6,14}")


def normalise_phone(value: str, region: str) -> str | None:
    """E.164 (+31612345678); `region` (ISO 3166-1) is assumed where the country is left out; None when impossible."""
    if _INTERNATIONAL.fullmatch(value) is not None and _is_spelled(value):
        return value
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _is_spelled(value: str) -> bool:
    """Whether parsing would give the number back as it stands: most packages keep E.164, and parsing costs ten times.

    False says nothing: a national prefix inside and an unusual length are left to the library.
    """
    code = next((c for end in (2, 3, 4) if (c := int(value[1:end])) in COUNTRY_CODE_TO_REGION_CODE), None)
    if code is None:
        return False
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, COUNTRY_CODE_TO_REGION_CODE[code][0])
    national = value[1 + len(str(code)) :]
    if metadata is None or metadata.general_desc is None or national.startswith("0"):
        return False
    if len(national) not in metadata.general_desc.possible_length:
        return False
    prefix = metadata.national_prefix_for_parsing
    return not prefix or re.match(prefix, national) is None


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
