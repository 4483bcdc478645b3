"""The adapter on a real BottleCRM."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.adapters.tryton.proxy import Line, line_to
from tests.bottlecrm.running import RunningBottleCrm
from tests.bottlecrm.sql import run_sql


@pytest.fixture
def emptied(bottlecrm: RunningBottleCrm) -> RunningBottleCrm:
    """Without any lead or contact."""
    run_sql(bottlecrm.dsn, "TRUNCATE lead, contacts CASCADE")
    return bottlecrm


@pytest.fixture
async def line(emptied: RunningBottleCrm) -> AsyncIterator[Line]:
    async with line_to(emptied.url) as line:
        yield line
