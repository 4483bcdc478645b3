"""The fixtures all parts of the contract share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from hub.ports.capabilities import Capabilities
from hub.ports.system import SystemPort
from tests.contracts.harness import PortHarness


class OpenPort:
    """Gives each test a port on the harness's source, closed behind it."""

    @pytest.fixture
    async def port(self, harness: PortHarness) -> AsyncIterator[SystemPort]:
        opened = harness.open()
        yield opened
        await opened.aclose()

    @pytest.fixture
    def can(self, harness: PortHarness, port: SystemPort) -> Capabilities:
        return port.capabilities[harness.entity]


def needs(declared: object, what: str) -> None:
    """Leave a test out that the port does not promise to pass."""
    if not declared:
        pytest.skip(f"the port declares no {what}")
