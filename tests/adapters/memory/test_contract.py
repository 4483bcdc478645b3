"""The fake package keeps the contract that real ones keep."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from adapters.memory import ADAPTER, MemoryPort, MemoryStore
from hub.ports.system import SystemPort
from hub.ports.writing import FieldChange
from hub.records.identity import Entity, ExternalId, SystemName
from tests.contracts.harness import PortHarness
from tests.contracts.port_contract import PortContract

CUSTOMER = Entity.CUSTOMER


class MemoryHarness:
    """Changes the store directly; the clock moves on with each change, so that stamps differ between calls."""

    entity = CUSTOMER
    mappings = ADAPTER.mappings
    overlap = timedelta(minutes=1)
    can_stop = True

    def __init__(self) -> None:
        self.store = MemoryStore()
        self._count = 0

    def open(self) -> SystemPort:
        return MemoryPort(SystemName("fake"), self.store)

    async def make(self, count: int) -> Sequence[ExternalId]:
        self._tick()
        made = [ExternalId(str(self._count + number)) for number in range(1, count + 1)]
        self._count += count
        for one in made:
            medium = {"external_id": f"{one}-mail", "kind": "EMAIL", "value": f"c{one}@example.invalid"}
            self.store.put(CUSTOMER, one, {"name": f"Customer {one}", "status": "NEW", "contact_media": [medium]})
        return made

    async def change(self, external_id: ExternalId) -> None:
        self._tick()
        self.store.objects(CUSTOMER)[int(external_id)].body["status"] = f"CHANGED {self.store.clock.isoformat()}"
        self.store.objects(CUSTOMER)[int(external_id)].own_stamp = self.store.clock

    async def delete(self, external_id: ExternalId) -> None:
        self._tick()
        self.store.remove(CUSTOMER, external_id)

    async def delete_child(self, external_id: ExternalId) -> None:
        self._tick()
        self.store.remove_child(CUSTOMER, external_id, "contact_media", f"{external_id}-mail")

    async def hand_over(self) -> None:
        self._tick()

    async def stop(self) -> None:
        self.store.stop()

    async def start(self) -> None:
        self.store.start()

    def creation(self) -> Sequence[FieldChange]:
        return [FieldChange(("name",), None, "Anna de Vries"), FieldChange(("kind",), None, "PERSON")]

    async def update(self, external_id: ExternalId) -> FieldChange:
        self._tick()
        now = self.store.read(CUSTOMER, external_id).body
        assert now is not None
        return FieldChange(("status",), now["status"], f"GOLD {self.store.clock.isoformat()}")

    def _tick(self) -> None:
        self.store.advance(timedelta(seconds=1))


class TestMemoryPort(PortContract):
    @pytest.fixture
    def harness(self) -> PortHarness:
        return MemoryHarness()
