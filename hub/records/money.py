"""An amount in one text, as what is chosen among sources has to be: half of one source's and half of another's is no
amount."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Final

from pydantic import AfterValidator

_WRITTEN: Final = re.compile(r"\s*(-?\d{1,15}(?:\.\d{1,10})?)\s+([A-Za-z]{3})\s*")


def _money(text: str) -> str:
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError("an amount is a decimal number and an ISO 4217 currency: 1250.50 EUR")
    number = format(Decimal(found[1]), "f")
    shortest = number.rstrip("0").rstrip(".") if "." in number else number
    return f"{'0' if shortest == '-0' else shortest} {found[2].upper()}"


Money = Annotated[str, AfterValidator(_money)]
"""`1250.5 EUR`: a decimal number without needless zeros, a space, and the currency (ISO 4217)."""
