"""What a PostgreSQL whose postmaster was killed leaves in its folder, and how the next start gets it out of
the way."""

import logging
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from hub.embedded.orphan import POLL_S
from hub.errors import Conflict, Transient

log = logging.getLogger(__name__)

PROC = Path("/proc")
SERVER = "postgres"
QUIT_PATIENCE_S = 5.0


def clear_leftovers(cluster: Path) -> None:
    """End backends that outlived their postmaster and remove its stale lock file. The caller holds the claim.

    Backends notice the loss only between two waits, so a long query blocks the start for as long as it
    runs. The lock file blocks it when its process number has been given to another process of the same
    user. Where there is no /proc nothing is touched: PostgreSQL then decides by itself and says what is in
    the way.

    Raises Conflict, naming its process, when a living server that is not ours serves the folder.
    """
    lock_file = cluster / "postmaster.pid"
    if not lock_file.exists() or not (PROC / "self").exists():
        return
    postmaster = lock_file.read_text().partition("\n")[0]  # empty when it was killed while writing
    servers = _servers_in(cluster)
    if postmaster in map(str, servers):
        raise Conflict(f"{cluster} is served by process {postmaster}, which the hub did not start")
    deadline = time.monotonic() + QUIT_PATIENCE_S
    if servers:
        log.warning("ending %d backends of a killed server in %s", len(servers), cluster)
    while servers:
        for pid in servers:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT)
        if time.monotonic() > deadline:
            raise Transient(f"backends of a killed server do not end: processes {sorted(servers)}")
        time.sleep(POLL_S)
        servers = _servers_in(cluster)
    lock_file.unlink()


def _servers_in(cluster: Path) -> set[int]:
    """The PostgreSQL processes that work in this folder, whatever path it was started under."""
    wanted = cluster.stat()
    found = set()
    for entry in PROC.iterdir():
        # Processes of other users cannot be asked, and any may end while it is.
        with suppress(OSError):
            if entry.name.isdecimal() and (entry / "comm").read_text().strip() == SERVER:
                where = (entry / "cwd").stat()
                if (where.st_dev, where.st_ino) == (wanted.st_dev, wanted.st_ino):
                    found.add(int(entry.name))
    return found
