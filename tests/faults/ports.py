"""Ports for programs that go down and come back."""

from __future__ import annotations

import random
from typing import Final

from hub.embedded.ready import free_port

STANDING: Final = range(12_000, 32_000)
"""Below the ports that Linux gives to outgoing connections (32768 to 60999): while a program is down nobody takes its
port by chance, and when it comes back it is free."""


def standing_port() -> int:
    """One that is free now and stays so, unless somebody wants exactly it."""
    for port in random.sample(STANDING, 200):
        if free_port(port):
            return port
    raise OSError(f"of 200 ports between {STANDING.start} and {STANDING.stop} none is free")
