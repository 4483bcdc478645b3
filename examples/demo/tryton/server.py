"""One Tryton process that serves several databases on a port of the loopback address."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from examples.demo.tryton.configuration import server_environment
from examples.demo.tryton.rpc import TrytonRpc
from hub.embedded.process import SupervisedProcess
from hub.embedded.ready import LOOPBACK, free_port, http_answers
from hub.errors import Conflict

ADMIN = "admin"
START_TIMEOUT_S = 90.0  # three registries on two busy cores take about ten
# Tryton's threads share one interpreter: more of them only queue.
THREADS = 8


class TrytonServer:
    """Tryton under waitress, a threaded WSGI server: `trytond` itself brings only a development server.

    `databases` are the names at `url`/<name>/rpc/; `user` and `password` log in to each. The process never outlives
    this one. Every method blocks: call it through `asyncio.to_thread` in async code.
    """

    def __init__(
        self, programs: Path, home: Path, databases: Sequence[str], password: str, *, port: int, name: str = "server"
    ) -> None:
        """`home` holds trytond.conf and takes `name`.log and `name`.pid; port 0 takes any free one."""
        chosen = free_port(port)
        if chosen is None:
            raise Conflict(f"port {port}, wanted for Tryton, is taken by another program; choose another")
        self.databases = tuple(databases)
        self.user, self.password = ADMIN, password
        self.port = chosen
        self.url = f"http://{LOOPBACK}:{chosen}"
        self._process = SupervisedProcess(
            f"Tryton ({name})",
            [
                *(programs / "python", programs / "waitress-serve", f"--listen={LOOPBACK}:{chosen}"),
                *(f"--threads={THREADS}", "trytond.application:app"),
            ],
            env=server_environment(home / "trytond.conf", databases),
            log_file=home / f"{name}.log",
            pid_file=home / f"{name}.pid",
            cwd=home,
        )

    @property
    def running(self) -> bool:
        """False before `start`, after `stop` and after somebody killed it."""
        return self._process.running

    @property
    def pid(self) -> int:
        """The process that answers."""
        return self._process.pid

    def start(self) -> None:
        """Return when every database can be logged in to; after `stop` it comes back on the same port."""
        self._process.start()
        self._process.wait_until(http_answers(self.port), START_TIMEOUT_S)

    def stop(self) -> None:
        """End it; calls in flight are cut off."""
        self._process.stop()

    def log_in(self, database: str) -> TrytonRpc:
        """A new session of the administrator, for seeding and for changes that bypass the hub."""
        return TrytonRpc(self.url, database, self.user, self.password)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
