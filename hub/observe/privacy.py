"""No personal data in the log: keys must be on the list, and no value may look like a person's.

Names cannot be recognised, so they are kept out by what is let in: only listed keys keep their value, and texts that
others wrote (exceptions, libraries) are not shown at all: see `failures` and `foreign`.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from structlog.typing import EventDict, WrappedLogger

WITHHELD = "[withheld]"

_LISTED = """
event level logger timestamp exception source
request_id flow run_id lane lane_id cadence epoch migration_id
system adapter role entity external_id customer_id generation command_id event_id
dispatch_id work owner kind queue queues chore
state attempt attempts again_in_s then until released priority worker broker retry_at retry_after_s
operation operation_kind method route status outcome code reason error sqlstate
count read applied stale unchanged quarantined deleted sent failed pages page
position cursor pending lag_s duration_s duration_ms timeout_s size_bytes
host port pid process signal exit_code version revision step mode
"""

ALLOWED_KEYS = frozenset(_LISTED.split())

# Blanks, hyphens of every width and what people put between groups of digits.
_SEAM = r"[ \t\xa0()./\u2010-\u2015-]"

_SCRUBBED = re.compile(
    rf"""
      (?P<kept> \b[0-9a-f]{{8}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{12}}\b  # UUID
              | \b\d{{4}}-\d\d-\d\d (?: [T\ ]\d\d:\d\d (?: :\d\d (?:\.\d+)? )? (?:Z|[+-]\d\d:?\d\d)? )? (?!\d)
              | \b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{{16,}}\b )  # digest, trace id
    | (?P<token> \beyJ[\w-]+\.[\w-]+\.[\w-]* | \bbearer\s+\S+ )
    | (?P<email> (?: "[^"@\n]{{1,64}}" | [^\s@<>"'(),;:=/]+ ) (?:@|%40) [^\s@<>"'(),;:=/]+ )
    | (?P<number> (?<!\d)
          (?: (?:\+|0|\(0) (?:{_SEAM}{{0,3}}\d){{7,14}}  # +31 6 ..., 06-..., (020) ...
            | [1-9] (?:{_SEAM}{{0,2}}\d){{8,14}} )
          (?!\d) )
    """,
    re.VERBOSE | re.IGNORECASE,
)

_KEY = re.compile(r"[a-z][a-z_]{0,39}")


def scrub(text: str) -> str:
    """`text` with everything that looks like an e-mail address, a telephone number or a token replaced.

    A number of nine digits or more counts as a telephone number, or of eight after a plus or a zero, however grouped;
    UUIDs, ISO times and hexadecimal digests stay.
    """
    return _SCRUBBED.sub(lambda found: found[0] if found["kept"] else f"[{found.lastgroup}]", text)


def withhold_personal(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor, to come after all others that add something and before the renderer."""
    kept: EventDict = {}
    for key, value in event.items():
        if key in ALLOWED_KEYS:
            kept[key] = _safe(value)
        elif _KEY.fullmatch(key):
            kept[key] = WITHHELD
        else:
            kept[WITHHELD] = WITHHELD
    return kept


def _safe(value: object) -> object:
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if scrub(str(value)) == str(value) else "[number]"
    if isinstance(value, BaseException):
        return type(value).__qualname__
    if isinstance(value, Enum):
        return _safe(value.value)
    if isinstance(value, str | datetime | timedelta | UUID):
        return scrub(str(value))
    if isinstance(value, list | tuple | set | frozenset):
        return [_safe(item) for item in value]
    return WITHHELD
