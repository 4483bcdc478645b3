"""What one caller asks of all processes together."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final, Protocol

import structlog

from hub.access.admission import Admission
from hub.errors import Transient

SHARE_EVERY_S: Final = 1.0

WORTH_SHARING: Final = 0.1
"""Who uses less than this part of his rate in a process is not told to the others: ten of them make his rate."""

log = structlog.get_logger(__name__)


class SharedUsage(Protocol):
    """Counters by subject that all processes add to."""

    async def add(self, used: Mapping[str, int]) -> Mapping[str, int]:
        """Add each and answer the sums of all processes; Transient when the store does not answer."""
        ...

    async def aclose(self) -> None:
        """Give back what was opened for it."""
        ...


async def share_once(admission: Admission, usage: SharedUsage, sums: Mapping[str, int]) -> Mapping[str, int]:
    """Tell what was used here and charge what was used elsewhere since `sums`, the answer of the time before.

    Whoever was not in `sums` is charged nothing: how long ago the others counted what they did is not known.
    """
    used = admission.take_usage(WORTH_SHARING * SHARE_EVERY_S)
    if not used:
        return {}
    now = await usage.add(used)
    for subject, here in used.items():
        before = sums.get(subject)
        if before is not None:
            admission.charge(subject, max(0, now[subject] - before - here))
    return now


async def share(admission: Admission, usage: SharedUsage) -> None:
    """Until cancelled. While the store is away each process goes by what it sees itself."""
    sums: Mapping[str, int] = {}
    while True:
        await asyncio.sleep(SHARE_EVERY_S)
        try:
            sums = await share_once(admission, usage, sums)
        except Transient as error:
            log.warning("usage is not shared", code=error.code)
            sums = {}
