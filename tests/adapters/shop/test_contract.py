"""The adapter that docs/adapters.md walks through keeps the contract that it explains."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from examples.shop_adapter import ADAPTER, ShopOptions, ShopPort
from hub.ports.system import SystemPort
from hub.ports.writing import FieldChange
from hub.records.identity import Entity, ExternalId, SystemName
from tests.contracts.harness import PortHarness
from tests.contracts.port_contract import PortContract


class ShopHarness:
    """Works on the shop's own table; each change is a second later, and all of it was an hour ago."""

    entity = Entity.CUSTOMER
    mappings = ADAPTER.mappings
    overlap = timedelta(minutes=1)
    can_stop = True

    def __init__(self, folder: Path) -> None:
        self.file = folder / "shop.sqlite"
        self._clock = int(datetime.now(UTC).timestamp()) - 3600
        self._count = 0
        self._sql("CREATE TABLE customer (id INTEGER PRIMARY KEY, full_name, level, email, changed_at INTEGER)")

    def open(self) -> SystemPort:
        return ShopPort(SystemName("shop"), ShopOptions(file=self.file))

    async def make(self, count: int) -> Sequence[ExternalId]:
        numbers = range(self._count + 1, self._count + count + 1)
        self._count += count
        at = self._tick()
        for number in numbers:
            row = (number, f"Customer {number}", "s", f"c{number}@example.invalid", at)
            self._sql("INSERT INTO customer VALUES (?, ?, ?, ?, ?)", *row)
        return [ExternalId(str(number)) for number in numbers]

    async def change(self, external_id: ExternalId) -> None:
        at = self._tick()
        self._sql("UPDATE customer SET full_name = ?, changed_at = ? WHERE id = ?", f"At {at}", at, int(external_id))

    async def delete(self, external_id: ExternalId) -> None:
        self._sql("DELETE FROM customer WHERE id = ?", int(external_id))

    async def delete_child(self, external_id: ExternalId) -> None:
        self._sql("UPDATE customer SET email = NULL WHERE id = ?", int(external_id))

    async def hand_over(self) -> None:
        """The table is what runs read."""

    async def stop(self) -> None:
        self.file.rename(self.file.with_suffix(".away"))

    async def start(self) -> None:
        self.file.with_suffix(".away").rename(self.file)

    def creation(self) -> Sequence[FieldChange]:
        return [FieldChange(("name",), None, "Anna de Vries")]

    async def update(self, external_id: ExternalId) -> FieldChange:
        return FieldChange(("name",), f"Customer {external_id}", f"At {self._tick()}")

    def _tick(self) -> int:
        self._clock += 1
        return self._clock

    def _sql(self, statement: str, *values: str | int) -> None:
        with closing(sqlite3.connect(self.file)) as connection, connection:
            connection.execute(statement, values)


class TestShopPort(PortContract):
    @pytest.fixture
    def harness(self, tmp_path: Path) -> PortHarness:
        return ShopHarness(tmp_path)
