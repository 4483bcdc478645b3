"""Where the installation's master key comes from."""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path

from hub.errors import Invalid
from hub.settings.environment import Settings

KEY_BYTES = 32


def load_master_key(settings: Settings) -> bytes:
    """HUB_MASTER_KEY, else HUB_MASTER_KEY_FILE, else (embedded only) a key generated once under the data directory.

    Raises Invalid when a production hub has none, or when what is there is not 32 bytes in base64.
    """
    if settings.master_key is not None:
        return _decoded(settings.master_key.get_secret_value(), "HUB_MASTER_KEY")
    if settings.master_key_file is not None:
        return _decoded(settings.master_key_file.read_text(encoding="ascii"), "HUB_MASTER_KEY_FILE")
    if not settings.embedded:
        raise Invalid(
            "no master key: set HUB_MASTER_KEY_FILE to a file with 32 random bytes in base64 "
            "(openssl rand -base64 32), and keep it apart from the database's backups"
        )
    return _generated_once(settings.data_dir / "master.key")


def _generated_once(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _decoded(path.read_text(encoding="ascii"), str(path))
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(os.urandom(KEY_BYTES)))
    return _decoded(path.read_text(encoding="ascii"), str(path))


def _decoded(encoded: str, origin: str) -> bytes:
    try:
        key = base64.b64decode(encoded.strip(), validate=True)
    except binascii.Error as error:
        raise Invalid(f"{origin} is not base64") from error
    if len(key) != KEY_BYTES:
        raise Invalid(f"{origin} holds {len(key)} bytes, {KEY_BYTES} are needed")
    return key
