"""A PostgreSQL data directory: how it is made, and with which settings it is served."""

import logging
import os
import secrets
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hub.embedded.account import Account, run_as
from hub.errors import Invalid

log = logging.getLogger(__name__)

SUPERUSER = "hub"
# Nothing of our environment: it may hold secrets, and a locale or time zone that changes answers.
SERVER_ENV = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}


@dataclass(frozen=True)
class Tuning:
    """Settings of the server that differ from PostgreSQL's own defaults; the reasons stand in `settings`."""

    durable: bool = True
    max_connections: int = 200
    shared_buffers_mb: int = 128

    def settings(self) -> dict[str, str]:
        """Name and value, as postgresql.conf would have them."""
        chosen = {
            "max_connections": str(self.max_connections),  # a pool for each of web, workers and Tryton
            "shared_buffers": f"{self.shared_buffers_mb}MB",
            "max_locks_per_transaction": "256",  # dropping or dumping Tryton's schema takes over a thousand
            "jit": "off",  # costs more than our short statements take
            "timezone": "UTC",
            "log_timezone": "UTC",
            "wal_level": "minimal",  # no standby, no base backup (pg_dump does it); bulk loads skip the log
            "max_wal_senders": "0",  # demanded by minimal
            "max_logical_replication_workers": "0",
            "log_checkpoints": "off",
        }
        if not self.durable:
            # A commit still reaches the operating system, so it survives the death of any process but not of the
            # machine. Asynchronous commit would be a tenth faster and lose commits with the server process.
            chosen |= {"fsync": "off", "full_page_writes": "off"}
        return chosen


def path_for_server(cluster: Path, account: Account | None) -> str:
    """How the server, started with `cluster` as its working directory, names its data directory.

    A server user other than ours may not be able to walk down to it (a 0700 clone, /root), and the
    permissions above it are not ours to widen. It need not: its own working directory it may always enter.
    """
    if account is None:
        return str(cluster)
    if sys.platform != "linux":
        raise Invalid("the embedded PostgreSQL does not run as root here; start the hub as an ordinary user")
    return "/proc/self/cwd"


def ensure_cluster(cluster: Path, programs: Path, account: Account | None, *, durable: bool) -> None:
    """Create the data directory on first use. It appears complete or not at all; the caller holds the claim.

    UTF-8, ordered by code point, upper and lower case by Unicode, and all of this from PostgreSQL itself:
    the same answers on every machine. Over the socket no password is asked, over TCP one always is.
    """
    for unfinished in cluster.parent.glob(f"{cluster.name}.new-*"):
        shutil.rmtree(unfinished, ignore_errors=True)  # the initdb of a hub killed just now may still write
    if cluster.exists():
        return
    fresh = Path(tempfile.mkdtemp(prefix=f"{cluster.name}.new-", dir=cluster.parent))
    if account is not None:
        os.chown(fresh, account.uid, account.gid)
    made = run_as(
        account,
        [
            programs / "initdb",
            f"--pgdata={path_for_server(fresh, account)}",
            f"--username={SUPERUSER}",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
            "--no-instructions",
            *(() if durable else ("--no-sync",)),
        ],
        cwd=fresh,
        env=SERVER_ENV,
    )
    if made.returncode != 0:
        raise Invalid(f"initdb could not create {cluster}: {made.stderr.strip()}")
    fresh.rename(cluster)
    log.info("created the PostgreSQL data directory %s", cluster)


def takes_connections(cluster: Path, postmaster: int) -> bool:
    """Whether this very postmaster says so: lines one and eight of its lock file, as pg_ctl reads it."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:  # not yet written, or removed by a server that gave up
        return False
    return len(lines) >= 8 and lines[0] == str(postmaster) and lines[7].strip() == "ready"


def ensure_password(path: Path) -> str:
    """The password kept in this file of mode 0600, made at random the first time."""
    if not path.exists():
        fresh = path.with_name(f"{path.name}.new")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(24))
        fresh.replace(path)
    return path.read_text()
