import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hub.embedded.orphan import StopStep, birth_of, read_record, stop_orphan, write_record
from hub.embedded.process import SupervisedProcess
from hub.embedded.ready import free_port, http_answers, port_answers
from hub.errors import Conflict, Invalid, Transient
from tests.embedded.processes import has_ended, parent_of

GENTLY = (StopStep(signal.SIGTERM, 10.0),)
WAIT = "import signal; print('waits', flush=True); signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + WAIT


class Bench:
    """Starts small Python programs with their files in one folder, and stops them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pid_file = folder / "program.pid"
        self.log_file = folder / "program.log"
        self._started: list[SupervisedProcess] = []

    def program(self, code: str, *, patience_s: float = 10.0, env: dict[str, str] | None = None) -> SupervisedProcess:
        program = SupervisedProcess(
            "the program",
            [sys.executable, "-c", code],
            env=env or {},
            log_file=self.log_file,
            pid_file=self.pid_file,
            stop_steps=(StopStep(signal.SIGTERM, patience_s),),
        )
        self._started.append(program)
        return program

    def waiting(self, code: str = WAIT, *, patience_s: float = 10.0) -> SupervisedProcess:
        """A program that has come as far as waiting, so that its signal handlers are in place."""
        program = self.program(code, patience_s=patience_s)
        program.start()
        program.wait_until(lambda: "waits" in program.log_tail(), 10)
        return program

    def stop_all(self) -> None:
        for program in self._started:
            program.stop()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.stop_all()


def test_stopping_ends_the_program_and_removes_its_pid_file(bench: Bench) -> None:
    program = bench.waiting()
    assert (program.running, bench.pid_file.exists()) == (True, True)
    program.stop()
    assert (program.running, bench.pid_file.exists()) == (False, False)
    assert birth_of(program.pid) is None


def test_a_program_that_ignores_the_gentle_signal_is_killed(bench: Bench) -> None:
    program = bench.waiting(STUBBORN, patience_s=0.1)
    program.stop()
    assert birth_of(program.pid) is None


def test_a_killed_guard_takes_the_program_with_it(bench: Bench) -> None:
    program = bench.waiting()
    guard = parent_of(program.pid)
    os.kill(guard, signal.SIGKILL)
    assert (has_ended(guard), has_ended(program.pid)) == (True, True)
    assert not program.running


def test_the_program_sees_the_given_environment_alone(bench: Bench) -> None:
    program = bench.program("import os; print(sorted(os.environ), flush=True)", env={"ONLY": "this"})
    program.start()
    program.wait_until(lambda: "ONLY" in program.log_tail(), 10)
    # Python itself adds LC_CTYPE when no locale is set.
    assert set(re.findall(r"\w+", program.log_tail())) - {"LC_CTYPE"} == {"ONLY"}


def test_a_program_that_ends_while_starting_is_told_with_its_last_words(bench: Bench) -> None:
    program = bench.program("print('port taken'); raise SystemExit(3)")
    program.start()
    with pytest.raises(Invalid, match=r"^the program ended while starting:\nport taken$"):
        program.wait_until(lambda: False, 10)


def test_a_program_that_is_never_ready_is_stopped(bench: Bench) -> None:
    program = bench.waiting()
    with pytest.raises(Transient, match=r"^the program was not ready within 0\.05 s:\nwaits$"):
        program.wait_until(lambda: False, 0.05)
    assert birth_of(program.pid) is None


def test_the_words_of_an_earlier_start_are_not_told_again(bench: Bench) -> None:
    bench.log_file.write_text("an old failure\n")
    assert bench.waiting().log_tail() == "waits"


def test_a_missing_command_is_invalid(tmp_path: Path) -> None:
    program = SupervisedProcess(
        "the program", ["/no/such"], env={}, log_file=tmp_path / "log", pid_file=tmp_path / "pid"
    )
    with pytest.raises(Invalid, match=r"^the program cannot be started: .*No such file or directory: '/no/such'$"):
        program.start()
    assert not program.running


def test_a_second_owner_is_refused_while_the_first_lives(bench: Bench) -> None:
    first = bench.waiting()
    message = f"^the program already runs as process {first.pid}, started by process {os.getpid()}$"
    with pytest.raises(Conflict, match=message):
        bench.program(WAIT).start()
    assert first.running


def test_an_orphan_is_ended_by_the_next_start(bench: Bench) -> None:
    orphan = bench.waiting()
    record = read_record(bench.pid_file)
    assert record is not None
    dead_owner = replace(record, owner_birth="before our time")
    bench.pid_file.write_text(dead_owner.to_json())
    successor = bench.program(WAIT)
    successor.start()
    assert birth_of(orphan.pid) is None
    assert successor.running


def test_a_stranger_with_a_recycled_number_is_left_alone(bench: Bench) -> None:
    stranger = bench.waiting()
    record = read_record(bench.pid_file)
    assert record is not None
    bench.pid_file.write_text(replace(record, birth="another's", owner_birth="before our time").to_json())
    stop_orphan("the program", bench.pid_file, GENTLY)
    assert birth_of(stranger.pid) == record.birth


def test_a_process_that_has_gone_leaves_no_record(bench: Bench) -> None:
    program = bench.waiting()
    program.stop()
    write_record(bench.pid_file, program.pid)
    assert read_record(bench.pid_file) is None


def test_a_log_past_its_size_is_set_aside(bench: Bench) -> None:
    with bench.log_file.open("wb") as stream:
        stream.truncate(16 * 1024 * 1024 + 1)
    bench.waiting()
    assert bench.log_file.read_text() == "waits\n"
    assert (bench.folder / "program.log.old").stat().st_size == 16 * 1024 * 1024 + 1


def serve_with(bench: Bench, handler: str) -> int:
    port = free_port()
    assert port is not None
    assert (port_answers(port)(), http_answers(port)()) == (False, False)
    served = f"from http.server import *; HTTPServer(('127.0.0.1', {port}), {handler}).serve_forever()"
    program = bench.program(served)
    program.start()
    program.wait_until(port_answers(port), 10)
    return port


def test_an_http_server_is_ready_when_it_answers_even_not_found(bench: Bench) -> None:
    port = serve_with(bench, "SimpleHTTPRequestHandler")
    assert (http_answers(port)(), http_answers(port, "/no-such-path")()) == (True, True)


def test_an_http_server_that_fails_is_not_ready(bench: Bench) -> None:
    # This handler knows no method and answers 501.
    assert not http_answers(serve_with(bench, "BaseHTTPRequestHandler"))()


def test_a_port_somebody_listens_on_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert free_port(taken.getsockname()[1]) is None
