"""Where the installation's master keys come from, and the form they are kept in."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hub.errors import Invalid
from hub.settings.environment import Settings

KEY_BYTES: Final = 32
PROOFS: Final = "proofs:"
KEYS_MAX: Final = 8


@dataclass(frozen=True)
class MasterKeys:
    """`keys` are of 32 bytes: the first wraps, every one opens. `proofs` is that of the keyed digests.

    The digests outlive every rotation: those of the erased cannot be made anew, and a chain that was made anew
    would prove nothing.
    """

    keys: tuple[bytes, ...] = field(repr=False)
    proofs: bytes = field(repr=False)

    @classmethod
    def of(cls, key: bytes) -> MasterKeys:
        """The only one there ever was, so the digests are its own."""
        return cls((key,), hashlib.sha256(b"contacthub prove" + key).digest())

    def written(self) -> str:
        """As `read_master_keys` takes them."""
        lines = [base64.b64encode(key).decode() for key in self.keys]
        return "\n".join([*lines, f"{PROOFS} {base64.b64encode(self.proofs).decode()}"]) + "\n"


def load_master_keys(settings: Settings) -> MasterKeys:
    """HUB_MASTER_KEY, else HUB_MASTER_KEY_FILE, else (embedded only) a key generated once under the data directory.

    Raises Invalid when a production hub has none, or when what is there are no keys of 32 bytes in base64.
    """
    if settings.master_key is not None:
        return read_master_keys(settings.master_key.get_secret_value(), "HUB_MASTER_KEY")
    if settings.master_key_file is not None:
        return read_master_keys(_text(settings.master_key_file), "HUB_MASTER_KEY_FILE")
    if not settings.embedded:
        raise Invalid(
            "no master key: set HUB_MASTER_KEY_FILE to a file with 32 random bytes in base64 "
            "(openssl rand -base64 32), and keep it apart from the database's backups"
        )
    return _generated_once(settings.data_dir / "master.key")


def read_master_keys(written: str, origin: str) -> MasterKeys:
    """A key of 32 bytes in base64 a line, the one that wraps first; a line `proofs:` keeps the key of the digests.

    A single key may do without that line. Invalid names `origin` and never shows a key.
    """
    lines = [line.strip() for line in written.splitlines() if line.strip()]
    proofs = [line.removeprefix(PROOFS) for line in lines if line.startswith(PROOFS)]
    keys = tuple(_decoded(line, origin) for line in lines if not line.startswith(PROOFS))
    if not 0 < len(keys) <= KEYS_MAX or len(set(keys)) < len(keys) or len(proofs) > 1:
        raise Invalid(f"{origin} holds 1 to {KEYS_MAX} different keys, a line each, and at most one line {PROOFS}")
    if proofs:
        return MasterKeys(keys, _decoded(proofs[0], origin))
    if len(keys) > 1:
        raise Invalid(f"{origin} holds several keys and no line {PROOFS}; `hub keys add` writes such a file whole")
    return MasterKeys.of(keys[0])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"HUB_MASTER_KEY_FILE {path} cannot be read: {type(error).__name__}") from None


def _generated_once(path: Path) -> MasterKeys:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return read_master_keys(path.read_text(encoding="ascii"), str(path))
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(os.urandom(KEY_BYTES)))
    return read_master_keys(path.read_text(encoding="ascii"), str(path))


def _decoded(encoded: str, origin: str) -> bytes:
    try:
        key = base64.b64decode(encoded.strip(), validate=True)
    except binascii.Error:
        raise Invalid(f"{origin} is not base64") from None
    if len(key) != KEY_BYTES:
        raise Invalid(f"{origin} holds {len(key)} bytes, {KEY_BYTES} are needed")
    return key
