"""Master keys at work: the first wraps data keys, each of them opens those it wrapped."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.errors import Invalid
from hub.store.sealing import seal, unseal

FIRST: Final = 0


@dataclass(frozen=True, slots=True)
class Opened:
    """A data key, and which of the master keys wrapped it, counted from 0."""

    key: bytes
    by: int


class Wrapping:
    """Of one installation; a wrapped key opens only under the id that it was wrapped for."""

    def __init__(self, masters: Sequence[bytes]) -> None:
        self._keys = [AESGCM(hashlib.sha256(b"contacthub wrap" + master).digest()) for master in masters]

    def wrap(self, key: bytes, key_id: UUID) -> bytes:
        """Under the first key."""
        return seal(self._keys[FIRST], key, key_id.bytes)

    def open(self, wrapped: bytes, key_id: UUID) -> Opened:
        """Invalid when no master key of the installation wrapped it."""
        for by, master in enumerate(self._keys):
            try:
                return Opened(unseal(master, wrapped, key_id.bytes), by)
            except InvalidTag:
                continue
        raise Invalid(
            "a data key is wrapped by a master key that this process does not have: "
            "add the earlier key to HUB_MASTER_KEY_FILE as a further line, then `hub keys rewrap`"
        )
