"""The PostgreSQL the hub brings along: started, supervised and stopped by the hub that uses it."""

import os
import shutil
import signal
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote

from hub.embedded.account import unprivileged_account
from hub.embedded.binaries import postgres_programs
from hub.embedded.claim import Claim
from hub.embedded.cluster import (
    SERVER_ENV,
    SUPERUSER,
    Tuning,
    ensure_cluster,
    ensure_password,
    path_for_server,
    takes_connections,
)
from hub.embedded.leftovers import clear_leftovers
from hub.embedded.orphan import StopStep, stop_orphan
from hub.embedded.process import SupervisedProcess
from hub.embedded.psql import Psql, checked_name
from hub.embedded.ready import LOOPBACK, free_port
from hub.embedded.socket_folder import socket_folder
from hub.errors import Conflict, Invalid

NAME = "the embedded PostgreSQL"
SOCKET_ONLY_PORT = 5432  # only a part of the socket's file name then
START_TIMEOUT_S = 60.0  # recovery after a crash replays up to a gigabyte of log
# Fast: roll back and disconnect all. Immediate: like a crash, the next start recovers.
FAST_THEN_IMMEDIATE = (StopStep(signal.SIGINT, 30.0), StopStep(signal.SIGQUIT, 5.0))

Part = TypeVar("Part")


class EmbeddedPostgres:
    """One PostgreSQL 18 server over `data_dir`, which holds all that is its own.

    `cluster/` (the data), `password` (for TCP), `postgres.log`, `postgres.pid` and `claim`. The folder is
    created with mode 0700 and must belong to the user who runs the hub. A hub that runs as root runs the
    server as another user (see account.py), who then owns `cluster/` alone and needs no way through the
    folders above it.

    The server lives between `start` and `stop` and never longer than this process. Whoever reaches its
    socket is superuser; the socket's folder is open to the server's user (and root) only. `tcp_port` opens
    the loopback address too, with a password; 0 takes any free port, None opens none. Every method blocks:
    call it through `asyncio.to_thread` in async code. Not thread-safe.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        durable: bool = True,
        tcp_port: int | None = None,
        max_connections: int = 200,
        shared_buffers_mb: int = 128,
    ) -> None:
        """`durable=False` is for tests: data survives the death of any process, but not of the machine."""
        self.data_dir = data_dir.absolute()
        self.log_file = self.data_dir / "postgres.log"
        self._tuning = Tuning(durable, max_connections, shared_buffers_mb)
        self._tcp_port = tcp_port
        self._claim = Claim(self.data_dir / "claim")
        self._server: SupervisedProcess | None = None
        self._psql: Psql | None = None

    @property
    def running(self) -> bool:
        """Whether the server process is there; false after somebody killed it."""
        return self._server is not None and self._server.running

    @property
    def pid(self) -> int:
        """The postmaster's process number."""
        return _started(self._server).pid

    @property
    def port(self) -> int:
        """Of the loopback address when TCP is open, and in any case part of the socket's name."""
        return _started(self._psql).port

    @property
    def socket_dir(self) -> Path:
        """The folder of the Unix socket: the `host` of a connection."""
        return _started(self._psql).socket

    @property
    def password(self) -> str:
        """The superuser's, for connections over TCP; kept in a file of mode 0600."""
        return ensure_password(self.data_dir / "password")

    def start(self) -> None:
        """Return when the server takes connections; starting a running one does nothing.

        The first start of a folder creates the data directory (about a second). What an earlier, killed run
        left behind is ended first. Raises Conflict when another process uses the folder or the port is
        taken, Invalid when the server refuses to start, with its words.
        """
        if self.running:
            return
        self.stop()
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.data_dir.stat().st_uid != os.geteuid():
            raise Invalid(f"{self.data_dir} belongs to another user: start the hub as that user or elsewhere")
        self._claim.take()
        try:
            self._launch()
        except BaseException:
            self.stop()
            raise

    def _launch(self) -> None:
        cluster, pid_file = self.data_dir / "cluster", self.data_dir / "postgres.pid"
        account = unprivileged_account(cluster)
        programs = postgres_programs(account)
        ensure_cluster(cluster, programs, account, durable=self._tuning.durable)
        stop_orphan(NAME, pid_file, FAST_THEN_IMMEDIATE)
        clear_leftovers(cluster)
        self._psql = psql = Psql(
            programs / "psql", socket_folder(self.data_dir, account), self._choose_port(), SUPERUSER
        )
        settings = self._tuning.settings() | {
            "unix_socket_directories": str(psql.socket),
            "listen_addresses": "" if self._tcp_port is None else LOOPBACK,
            "port": str(psql.port),
        }
        self._server = server = SupervisedProcess(
            NAME,
            [
                *(programs / "postgres", "-D", path_for_server(cluster, account)),
                *(f"--{name}={value}" for name, value in settings.items()),
            ],
            env=SERVER_ENV,
            log_file=self.log_file,
            pid_file=pid_file,
            cwd=cluster,
            run_as=account,
            stop_steps=FAST_THEN_IMMEDIATE,
        )
        server.start()
        server.wait_until(lambda: takes_connections(cluster, server.pid), START_TIMEOUT_S)
        if self._tcp_port is not None:
            psql.run("ALTER ROLE CURRENT_USER PASSWORD :'password'", {"password": self.password})

    def _choose_port(self) -> int:
        if self._tcp_port is None:
            return SOCKET_ONLY_PORT
        port = free_port(self._tcp_port)
        if port is None:
            raise Conflict(f"port {self._tcp_port} is taken by another program; choose another")
        return port

    def stop(self) -> None:
        """Disconnect everybody and end the server: in order, by force if that takes too long."""
        if self._server is not None:
            self._server.stop()
        if self._psql is not None:
            shutil.rmtree(self._psql.socket, ignore_errors=True)  # /tmp may have been tidied meanwhile
        self._server = self._psql = None
        self._claim.release()

    def dsn(self, database: str) -> str:
        """For SQLAlchemy with asyncpg, over the socket."""
        return f"postgresql+asyncpg://{self._socket_address(database)}"

    def libpq(self, database: str) -> str:
        """For psycopg, psql, asyncpg itself and all that takes a libpq URL, over the socket; "" names no database."""
        return f"postgresql://{self._socket_address(database)}"

    def tcp(self, database: str) -> str:
        """A libpq URL over TCP, with the password: keep it out of logs and arguments."""
        if self._tcp_port is None:
            raise Invalid("the embedded PostgreSQL was started without a TCP port")
        return f"postgresql://{SUPERUSER}:{self.password}@{LOOPBACK}:{self.port}/{quote(database, safe='')}"

    def _socket_address(self, database: str) -> str:
        return f"{SUPERUSER}@/{quote(database, safe='')}?host={self.socket_dir}&port={self.port}"

    def create_database(self, name: str, template: str | None = None) -> None:
        """Create it empty, or as a copy of `template`: files, not log, which halves the time of a Tryton's 60 MB.

        Raises Conflict when it exists or somebody is connected to the template, NotFound without such a
        template.
        """
        values = {"name": checked_name(name), "template": checked_name(template or "template1")}
        _started(self._psql).run('CREATE DATABASE :"name" TEMPLATE :"template" STRATEGY FILE_COPY', values)

    def drop_database(self, name: str) -> None:
        """Disconnect whoever uses it and drop it; a missing one is as good as dropped."""
        values = {"name": checked_name(name)}
        _started(self._psql).run('DROP DATABASE IF EXISTS :"name" WITH (FORCE)', values)

    def has_database(self, name: str) -> bool:
        """Whether it exists now."""
        found = "SELECT count(*) FROM pg_database WHERE datname = :'name'"
        return _started(self._psql).run(found, {"name": checked_name(name)}) == "1"

    def databases(self) -> tuple[str, ...]:
        """The names of all of them, PostgreSQL's own included, in alphabetical order."""
        names = _started(self._psql).run("SELECT datname FROM pg_database ORDER BY datname", {})
        return tuple(names.splitlines())

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _started(part: Part | None) -> Part:
    if part is None:
        raise Invalid(f"{NAME} is not started")
    return part
