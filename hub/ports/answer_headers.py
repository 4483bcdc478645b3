"""What an HTTP answer says of patience and limits, in the forms that packages use; for any adapter that speaks HTTP."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from hub.ports.limits import RateLimit

EPOCH_FROM_S: Final = 1_000_000_000
"""A reset that large is a moment, in seconds since 1970, and no duration."""
_POLICY: Final = re.compile(r";\s*(r|t)=(\d+)")
"""Parameters of the one-line form, `"name";r=50;t=30` (draft-ietf-httpapi-ratelimit-headers-10)."""


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds in Retry-After (RFC 9110, 10.2.3): a number, or a date measured from the answer's own; None: nothing."""
    told = headers.get("Retry-After", "")
    if told.isascii() and told.isdecimal():
        return float(told)
    until, now = _date(told), _date(headers.get("Date", ""))
    return None if until is None or now is None else max(0.0, (until - now).total_seconds())


def rate_limit_of(headers: Mapping[str, str]) -> RateLimit | None:
    """From RateLimit in one line, or RateLimit-Remaining and -Reset, or the same with X- before them; None: nothing.

    Of several, the one that leaves least. A reset tells seconds, or a moment in seconds since 1970, which is measured
    from the answer's own Date.
    """
    in_line = [dict(_POLICY.findall(policy)) for policy in headers.get("RateLimit", "").split(",")]
    pairs = [(policy.get("r"), policy.get("t")) for policy in in_line]
    pairs += [(headers.get(f"{x}RateLimit-Remaining"), headers.get(f"{x}RateLimit-Reset")) for x in ("", "X-")]
    found = [(_number(remaining), _seconds(_number(reset), headers)) for remaining, reset in pairs]
    limits = [RateLimit(left, reset_s) for left, reset_s in found if left is not None and reset_s is not None]
    return min(limits, key=lambda limit: limit.remaining, default=None)


def _seconds(reset: int | None, headers: Mapping[str, str]) -> float | None:
    if reset is None or reset < EPOCH_FROM_S:
        return reset
    now = _date(headers.get("Date", ""))
    return None if now is None else max(0.0, reset - now.timestamp())


def _number(told: str | None) -> int | None:
    return int(told) if told is not None and told.isascii() and told.isdecimal() and len(told) < 12 else None


def _date(told: str) -> datetime | None:
    try:
        return parsedate_to_datetime(told).astimezone(UTC)
    except ValueError:
        return None
