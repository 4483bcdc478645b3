"""A server for the customer APIs of many tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.adapters.rest.serving import CustomerApis, serving_apis


@pytest.fixture(scope="session")
async def apis() -> AsyncIterator[CustomerApis]:
    async with serving_apis() as apis:
        yield apis
