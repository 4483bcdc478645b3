"""A program that was down comes back, whoever sat on its port meanwhile; else a run under faults never came to rest."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from hub.embedded.ready import LOOPBACK
from tests.faults.installed import Program
from tests.faults.offices import open_file
from tests.faults.ports import STANDING, standing_port
from tests.waiting import until

pytestmark = pytest.mark.slow


def test_a_port_is_none_that_an_outgoing_connection_could_take() -> None:
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert STANDING.stop <= lowest
    assert standing_port() in STANDING


async def test_a_program_whose_port_was_taken_while_it_was_down_comes_back(tmp_path: Path) -> None:
    open_file(tmp_path / "register.sqlite")
    program = Program("tests.faults.offices", tmp_path / "register.sqlite", standing_port())
    with socket.socket() as thief:
        thief.bind((LOOPBACK, program.port))
        thief.listen()
        program.open()

        async def refused() -> bool:
            return program.process is not None and program.process.poll() is not None

        await until(refused, what="the program finds its port taken")
        coming = asyncio.create_task(program.answers())
    try:
        await coming
        assert program.process is not None
        assert program.process.poll() is None
    finally:
        program.close()
