"""Did you mean ...?"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(given: str, allowed: Iterable[str]) -> str | None:
    """The allowed name that `given` most likely meant."""
    by_folded = {name.casefold(): name for name in sorted(allowed)}
    close = get_close_matches(given.casefold(), by_folded, n=1)
    return by_folded[close[0]] if close else None


def choices(given: str, allowed: Iterable[str]) -> str:
    """What to write instead of `given`: the nearest allowed name first, then all of them in their order."""
    names = list(dict.fromkeys(allowed))
    if not names:
        return "none exists"
    close = nearest(given, names)
    listing = f"allowed: {', '.join(names)}"
    return f"did you mean {close!r}? {listing}" if close else listing
