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
    `pause`, whatever ids tokens name. When it cannot be read the last one serves on, for `usable_for` at most.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[bytes]],
        clock: Clock,
        *,
        fresh_for: timedelta = timedelta(minutes=10),
        usable_for: timedelta = timedelta(hours=24),
        pause: timedelta = timedelta(seconds=30),
    ) -> None:
        self._fetch, self._clock = fetch, clock
        self._fresh_for, self._usable_for, self._pause = fresh_for, usable_for, pause
        self._keys: KeySet | None = None
        self._read_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._turn = asyncio.Lock()

    async def find(self, kid: str | None, algorithm: str) -> VerificationKey | None:
        """See KeySource."""
        if self._older_than(self._fresh_for):
            await self._read()
        key = await self._usable().find(kid, algorithm)
        if key is None:
            await self._read()
            key = await self._usable().find(kid, algorithm)
        return key

    def _older_than(self, age: timedelta) -> bool:
        return self._read_at is None or self._clock() - self._read_at >= age

    def _usable(self) -> KeySet:
        if self._keys is None or self._older_than(self._usable_for):
            raise Transient(
                "the keys of the identity provider cannot be read now", retry_after_s=self._pause.total_seconds()
            )
        return self._keys

    async def _read(self) -> None:
        async with self._turn:
            now = self._clock()
            if self._tried_at is not None and now - self._tried_at < self._pause:
                return
            self._tried_at = now
            try:
                self._keys = read_keys(await self._fetch())
            except HubError as error:
                log.warning("the identity provider's keys were not read: %s", error.code)
                return
            self._read_at = now
