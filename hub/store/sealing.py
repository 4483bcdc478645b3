"""AES-256-GCM (NIST SP 800-38D) with random 96-bit nonces; the stored form is nonce followed by ciphertext and tag.

The additional data names the place, so a ciphertext moved to another row does not open.
"""

from __future__ import annotations

import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


def seal(key: AESGCM, plain: bytes, place: bytes) -> bytes:
    """Encrypt `plain` for `place`; equal input gives different output each time."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + key.encrypt(nonce, plain, place)


def unseal(key: AESGCM, sealed: bytes, place: bytes) -> bytes:
    """The inverse of `seal`; cryptography's InvalidTag when the bytes or the place are not the sealed ones."""
    return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place)
