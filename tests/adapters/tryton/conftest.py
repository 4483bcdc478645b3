"""The adapter on a real Tryton."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.tryton.port import TrytonPort
from hub.ports.limits import CallLimits
from hub.records.identity import SystemName
from tests.adapters.tryton.proxy import Line, line_to
from tests.adapters.tryton.running import RunningTryton


@pytest.fixture
async def port(tryton: RunningTryton) -> AsyncIterator[TrytonPort]:
    opened = TrytonPort(SystemName("crm"), tryton.options(horizon_s=0))
    yield opened
    await opened.aclose()


@pytest.fixture
async def line(tryton: RunningTryton) -> AsyncIterator[Line]:
    async with line_to(tryton.server.url) as line:
        yield line


@pytest.fixture
async def port_behind_line(tryton: RunningTryton, line: Line) -> AsyncIterator[TrytonPort]:
    opened = TrytonPort(SystemName("crm"), tryton.options(line.url), CallLimits(timeout_s=5))
    yield opened
    await opened.aclose()
