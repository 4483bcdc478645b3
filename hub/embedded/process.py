"""A program started as our child that cannot outlive us, not even when we are killed with -9."""

import json
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hub.embedded.account import Account
from hub.embedded.orphan import POLL_S, StopStep, birth_of, end_recorded, stop_orphan, write_record
from hub.errors import Invalid, Transient

log = logging.getLogger(__name__)

TERMINATE = (StopStep(signal.SIGTERM, 10.0),)
GUARD = Path(__file__).with_name("guard.py")
TAIL_LINES = 8
LONGEST_LOG_BYTES = 16 * 1024 * 1024


class SupervisedProcess:
    """One program under a guard (guard.py) that ends it when this object stops it or this process ends.

    `env` is the whole environment, nothing is inherited. Both output streams are appended to `log_file`,
    which a start moves to `<name>.old` once it has grown past 16 MiB. `pid_file` tells the next run what
    this one left behind should even the guard be killed; the folders of both must exist. Not thread-safe;
    every method blocks, so async code calls it through `asyncio.to_thread`.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        log_file: Path,
        pid_file: Path,
        cwd: Path | None = None,
        run_as: Account | None = None,
        stop_steps: Sequence[StopStep] = TERMINATE,
    ) -> None:
        self.name = name
        self.log_file = log_file
        self._env = dict(env)
        self._pid_file = pid_file
        self._stop_steps = stop_steps
        self._order = json.dumps(
            {
                "command": [str(part) for part in command],
                "cwd": None if cwd is None else str(cwd),
                "uid": None if run_as is None else run_as.uid,
                "gid": None if run_as is None else run_as.gid,
                "stop": [(step.signal, step.patience_s) for step in stop_steps],
            }
        )
        self._guard: subprocess.Popen[str] | None = None
        self._pid = 0
        self._birth: str | None = None
        self._log_start = 0

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended since; exact, even before its guard has noticed the end."""
        alive = self._guard is not None and self._guard.poll() is None
        return alive and self._birth is not None and birth_of(self._pid) == self._birth

    @property
    def pid(self) -> int:
        """The number of the program itself, not of its guard; of the last one once it has ended."""
        return self._pid

    def start(self) -> None:
        """Start it, after ending an orphan of an earlier run; starting what runs already does nothing.

        Raises Conflict when another living process owns one, Invalid when the command cannot be executed.
        """
        if self.running:
            return
        self.stop()
        stop_orphan(self.name, self._pid_file, self._stop_steps)
        if self.log_file.exists() and self.log_file.stat().st_size > LONGEST_LOG_BYTES:
            self.log_file.replace(self.log_file.with_name(f"{self.log_file.name}.old"))
        with self.log_file.open("ab") as log_stream:
            self._log_start = log_stream.tell()
            guard = subprocess.Popen(
                [sys.executable, "-I", "-S", str(GUARD), self._order],
                env=self._env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log_stream,
                text=True,
                start_new_session=True,  # a Ctrl-C at the terminal is for us; we then stop it in our order
            )
        self._guard = guard
        answer = guard.stdout.readline().strip() if guard.stdout else ""
        if not answer.isdecimal():
            self.stop()
            raise Invalid(f"{self.name} cannot be started: {answer or self.log_tail()}")
        self._pid = int(answer)
        self._birth = birth_of(self._pid)
        write_record(self._pid_file, self._pid)
        log.info("%s runs as process %d, log in %s", self.name, self._pid, self.log_file)

    def wait_until(self, ready: Callable[[], bool], timeout_s: float) -> None:
        """Return as soon as `ready` answers true; see ready.py for the usual questions.

        Otherwise the program is stopped and what it wrote is told: Invalid if it ended by itself, Transient
        if the time ran out.
        """
        deadline = time.monotonic() + timeout_s
        while not ready():
            if not self.running:
                self.stop()
                raise Invalid(f"{self.name} ended while starting:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                self.stop()
                raise Transient(f"{self.name} was not ready within {timeout_s:g} s:\n{self.log_tail()}")
            time.sleep(POLL_S)

    def stop(self) -> None:
        """End it: gently, then by force; returns when it is gone. Stopping what does not run does nothing."""
        guard, self._guard = self._guard, None
        if guard is None:
            return
        with guard:  # closes the line, which is the order to stop, and waits
            pass
        # A guard that was killed itself could not wait for the program to end.
        end_recorded(self.name, self._pid_file, self._stop_steps)
        self._pid_file.unlink(missing_ok=True)
        log.info("%s is no longer running", self.name)

    def log_tail(self) -> str:
        """The last lines it wrote since its last start, for an error that must explain itself."""
        with self.log_file.open("rb") as stream:
            stream.seek(self._log_start)
            lines = stream.read().decode(errors="replace").splitlines()
        return "\n".join(lines[-TAIL_LINES:])
