"""Services that a machine may or may not have: absent is a loud skip, or a failure where HUB_TEST_REQUIRE names it."""

from __future__ import annotations

import os
import socket
from typing import NoReturn
from urllib.parse import urlsplit

import pytest

RABBITMQ = os.environ.get("HUB_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672")
REDIS = os.environ.get("HUB_TEST_REDIS", "redis://127.0.0.1:6379/9")
POSTGRES = os.environ.get("HUB_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


def needs(service: str, url: str) -> None:
    """Skip the test, or fail it where the machine must have the service, when nothing listens at `url`."""
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 0), timeout=2).close()
    except OSError:
        absent(service, f"no {service} listens at {parts.hostname}:{parts.port}")


def absent(service: str, message: str) -> NoReturn:
    """Skip the test aloud, or fail it where the machine must have the service."""
    if service in os.environ.get("HUB_TEST_REQUIRE", "").split():
        pytest.fail(message)
    pytest.skip(message)
