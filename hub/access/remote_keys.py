"""The key set of an identity provider, which changes its keys without notice."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from hub.access.keys import KeySet, VerificationKey, read_keys
from hub.clock import Clock
from hub.errors import HubError, Transient

log = logging.getLogger(__name__)


class RemoteKeys:
    """A KeySource over `fetch`, which answers the JWK set and raises a HubError when it cannot.

    Read again when it is older than `fresh_for`, and when a token names a key it does not hold; but not twice within
    `pause`, whatever ids tokens name. When it cannot be read the last one serves on, for `usable_for` at most. Whose
    key is there waits for the next one for `patience` at most; anybody else until it is given up, `within` its begin.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[bytes]],
        clock: Clock,
        *,
        fresh_for: timedelta = timedelta(minutes=10),
        usable_for: timedelta = timedelta(hours=24),
        pause: timedelta = timedelta(seconds=30),
        within: timedelta = timedelta(seconds=10),
        patience: timedelta = timedelta(seconds=0.5),
    ) -> None:
        self._fetch, self._clock = fetch, clock
        self._fresh_for, self._usable_for, self._pause = fresh_for, usable_for, pause
        self._within, self._patience = within, patience
        self._patient_until_s = 0.0
        self._keys: KeySet | None = None
        self._read_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._reading: asyncio.Task[None] | None = None

    async def find(self, kid: str | None, algorithm: str) -> VerificationKey | None:
        """See KeySource."""
        reading = self._begun() if self._older_than(self._fresh_for) else None
        if reading is not None:
            left_s = self._patient_until_s - asyncio.get_running_loop().time()
            await asyncio.wait([reading], timeout=None if self._older_than(self._usable_for) else max(0, left_s))
        key = await self._usable().find(kid, algorithm)
        if key is not None:
            return key
        reading = self._begun()
        if reading is not None:
            await asyncio.wait([reading])
        return await self._usable().find(kid, algorithm)

    def _older_than(self, age: timedelta) -> bool:
        return self._read_at is None or self._clock() - self._read_at >= age

    def _usable(self) -> KeySet:
        if self._keys is None or self._older_than(self._usable_for):
            raise Transient(
                "the keys of the identity provider cannot be read now", retry_after_s=self._pause.total_seconds()
            )
        return self._keys

    def _begun(self) -> asyncio.Task[None] | None:
        """The reading that is under way, one for all who ask; None where it is too early for another."""
        if self._reading is not None and not self._reading.done():
            return self._reading
        now = self._clock()
        if self._tried_at is not None and now - self._tried_at < self._pause:
            return None
        self._tried_at = now
        self._patient_until_s = asyncio.get_running_loop().time() + self._patience.total_seconds()
        self._reading = asyncio.create_task(self._read(now))
        return self._reading

    async def _read(self, now: datetime) -> None:
        try:
            async with asyncio.timeout(self._within.total_seconds()):
                self._keys = read_keys(await self._fetch())
        except (HubError, TimeoutError) as error:
            reason = error.code if isinstance(error, HubError) else "it did not answer in time"
            log.warning("the identity provider's keys were not read: %s", reason)
            return
        self._read_at = now
