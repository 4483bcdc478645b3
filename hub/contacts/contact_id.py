"""Numbers that people read out over the telephone."""

from __future__ import annotations

import secrets
from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, which are taken for 1, 1, 0 and V. https://www.crockford.com/base32.html"""

_LETTERS: Final = 10
"""50 bits at random: beside a thousand million others a new one is taken already once in a million times."""


def new_number(prefix: str) -> str:
    """Such as C-7F3KQ-9XM2D; unique by chance, and the column it goes into says so for certain."""
    drawn = "".join(secrets.choice(_ALPHABET) for _ in range(_LETTERS))
    return f"{prefix}-{drawn[:5]}-{drawn[5:]}"
