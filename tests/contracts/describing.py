"""What a port says about itself and its source."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import pytest

from hub.errors import Invalid
from hub.ports.capabilities import Capabilities
from hub.ports.system import SystemPort
from hub.ports.writing import Operation, WriteCommand
from hub.records.identity import Entity, ExternalId
from tests.contracts.harness import PortHarness
from tests.contracts.ports import OpenPort, needs


class DescribeContract(OpenPort):
    async def test_check_finds_everything_in_order(self, port: SystemPort) -> None:
        results = await port.check()

        assert results
        assert [result for result in results if not result.ok] == []

    async def test_check_of_a_stopped_source_tells_it_and_raises_nothing(
        self, harness: PortHarness, port: SystemPort
    ) -> None:
        needs(harness.can_stop, "source that can be stopped")
        await harness.stop()
        results = await port.check()
        await harness.start()

        assert any(not result.ok for result in results)

    async def test_now_is_utc(self, port: SystemPort) -> None:
        assert (await port.now()).utcoffset() == timedelta()

    async def test_closing_twice_is_harmless(self, harness: PortHarness) -> None:
        opened = harness.open()
        await opened.aclose()
        await opened.aclose()

    async def test_methods_that_are_not_declared_raise_invalid(
        self, harness: PortHarness, port: SystemPort, can: Capabilities
    ) -> None:
        entity = harness.entity
        if can.pull is None:
            with pytest.raises(Invalid):
                await port.begin_run(entity, None, harness.overlap)
        if not can.sweep:
            with pytest.raises(Invalid):
                await port.sweep(entity, None, 10)
        if not can.read:
            with pytest.raises(Invalid):
                await port.read(entity, [ExternalId("1")])
        if not can.hub_key:
            with pytest.raises(Invalid):
                await port.find_by_key(entity, "key")

    @pytest.mark.parametrize("operation", list(Operation))
    async def test_an_operation_that_is_not_declared_raises_invalid(
        self, harness: PortHarness, port: SystemPort, can: Capabilities, operation: Operation
    ) -> None:
        declared = {Operation.CREATE: can.create, Operation.UPDATE: can.update, Operation.DELETE: can.delete}
        if declared[operation]:
            pytest.skip(f"the port declares {operation.value}")
        target = None if operation is Operation.CREATE else ExternalId("1")

        with pytest.raises(Invalid):
            await port.write([WriteCommand("k", harness.entity, operation, target)])

    @pytest.mark.parametrize("method", ["begin_run", "pull", "sweep", "read", "write", "find_by_key"])
    async def test_an_entity_that_is_not_declared_raises_invalid(
        self, harness: PortHarness, port: SystemPort, method: str
    ) -> None:
        foreign = next(entity for entity in Entity if entity not in port.capabilities)
        calls: Mapping[str, Callable[[], Awaitable[object]]] = {
            "begin_run": lambda: port.begin_run(foreign, None, harness.overlap),
            "pull": lambda: port.pull(foreign, {}, 10),
            "sweep": lambda: port.sweep(foreign, None, 10),
            "read": lambda: port.read(foreign, [ExternalId("1")]),
            "write": lambda: port.write([WriteCommand("k", foreign, Operation.DELETE, ExternalId("1"))]),
            "find_by_key": lambda: port.find_by_key(foreign, "key"),
        }
        with pytest.raises(Invalid):
            await calls[method]()
