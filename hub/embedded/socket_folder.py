"""A short, private place for the server's Unix socket, whose path may not pass 103 bytes."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from hub.embedded.account import Account
from hub.errors import Conflict

LONGEST_SOCKET_PATH = 103  # the smaller of Linux (107) and macOS (103), without the closing zero
SOCKET_NAME = ".s.PGSQL.65535"


def socket_folder(data_dir: Path, account: Account | None) -> Path:
    """The folder for the server of `data_dir`, always the same one, empty and with mode 0700.

    The caller holds the claim on `data_dir` and no server runs: what lies in the folder is left from a
    killed one, and its lock file would stop the next one if its process number has been given to another
    process. Who reaches the socket is superuser without a password, so the folder must belong to the
    server's user. Its name can be foreseen: raises Conflict when somebody else has put something in its
    place.
    """
    owner = os.geteuid() if account is None else account.uid
    name = hashlib.sha256(f"{owner}:{data_dir}".encode()).hexdigest()[:12]
    folder = _parent(account, f"contacthub-{name}") / f"contacthub-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in (owner, os.geteuid()):
        raise Conflict(f"{folder} belongs to somebody else; remove it, or set TMPDIR to another folder")
    if status.st_uid != owner:
        os.chown(folder, owner, -1, follow_symlinks=False)
    folder.chmod(0o700)
    for stale in folder.iterdir():
        stale.unlink()
    return folder


def _parent(account: Account | None, name: str) -> Path:
    """The user's own temporary folder where it serves; root's may be closed to the server's user."""
    chosen = Path(tempfile.gettempdir())
    too_long = len(os.fsencode(chosen / name / SOCKET_NAME)) > LONGEST_SOCKET_PATH
    # The shared folder is safe: what stands inside it is checked.
    return Path("/tmp") if too_long or account is not None else chosen  # noqa: S108
