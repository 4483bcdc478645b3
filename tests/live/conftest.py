"""A reader that follows the test's database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from hub.live.reader import Reader
from tests.live.feed import running


@pytest.fixture
async def reader(database_url: str) -> AsyncIterator[Reader]:
    reader = Reader(database_url, batch=3, poll_s=60)
    async with running(reader.run()):
        yield reader
