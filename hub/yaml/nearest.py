"""Did you mean ...?"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def choices(given: str, allowed: Iterable[str]) -> str:
    """What to write instead of `given`: the nearest allowed name first, then all of them in their order."""
    names = list(dict.fromkeys(allowed))
    if not names:
        return "none exists"
    by_folded = {name.casefold(): name for name in names}
    close = get_close_matches(given.casefold(), by_folded, n=1)
    listing = f"allowed: {', '.join(names)}"
    return f"did you mean {by_folded[close[0]]!r}? {listing}" if close else listing
