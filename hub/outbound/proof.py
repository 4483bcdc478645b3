"""Recognise an address again without keeping it."""

from __future__ import annotations

from hub.store.keys import KeyRing


def address_proof(keys: KeyRing, normalised: str) -> bytes:
    """A keyed digest of a normalised address: equal for equal addresses, and nothing to anybody without the key."""
    return keys.proof(f"outbound address/{normalised}".encode())
