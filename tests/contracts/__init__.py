"""One compliance suite for every SystemPort, steered by what the port declares.

An adapter's tests make a subclass of `PortContract` with a fixture `harness` that gives a PortHarness:

    class TestMyPackage(PortContract):
        @pytest.fixture
        async def harness(self) -> AsyncIterator[PortHarness]: ...
"""

import pytest

pytest.register_assert_rewrite(
    "tests.contracts.describing", "tests.contracts.pulling", "tests.contracts.reading", "tests.contracts.writing"
)
