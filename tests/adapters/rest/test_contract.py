"""The rest adapter keeps the contract, with stamps and `since` as well as without either."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import examples.customer_api
from adapters.rest.options import RestOptions
from adapters.rest.port import RestPort
from examples.customer_api.app import TABLE
from hub.ports.system import SystemPort
from hub.ports.writing import FieldChange
from hub.records.identity import Entity, ExternalId, SystemName
from tests.adapters.rest.serving import TOKEN, served
from tests.contracts.harness import PortHarness
from tests.contracts.port_contract import PortContract

LIST = {"list": "/customers", "records": "customers", "one": "/customers/{id}", "page_rows": 500}
CHANGES = {"stamp": "changed_at", "since": {"param": "changed_since"}}


class ApiHarness:
    """Works on the API's own table; each change is a second later, and all of it was an hour ago."""

    entity = Entity.CUSTOMER
    mappings: Path | None = Path(examples.customer_api.__file__).parent / "mappings"
    overlap = timedelta(minutes=1)
    can_stop = True

    def __init__(self, file: Path, layout: dict[str, Any]) -> None:
        self._file, self._layout = file, layout
        self._clock = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
        self._count = 0
        self._server = AsyncExitStack()
        self._port = 0
        self._sql(TABLE)

    def open(self) -> SystemPort:
        options = {
            "url": f"http://127.0.0.1:{self._port}",
            "auth": {"kind": "bearer", "token": TOKEN},
            "entities": {"customer": self._layout},
            "horizon_s": 5,
        }
        return RestPort(SystemName("shop"), RestOptions.model_validate(options))

    async def make(self, count: int) -> Sequence[ExternalId]:
        numbers = range(self._count + 1, self._count + count + 1)
        self._count += count
        at = self._tick()
        for number in numbers:
            row = (number, f"Customer {number}", f"c{number}@example.invalid", at)
            self._sql("INSERT INTO customer (id, full_name, email, changed_at) VALUES (?, ?, ?, ?)", *row)
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
        await self._server.aclose()

    async def start(self) -> None:
        self._port = await self._server.enter_async_context(served(self._file, self._port))

    def creation(self) -> Sequence[FieldChange]:
        return [FieldChange(("name",), None, "Anna de Vries")]

    async def update(self, external_id: ExternalId) -> FieldChange:
        return FieldChange(("name",), f"Customer {external_id}", f"At {self._tick()}")

    def _tick(self) -> str:
        self._clock += timedelta(seconds=1)
        return self._clock.isoformat()

    def _sql(self, statement: str, *values: str | int) -> None:
        with closing(sqlite3.connect(self._file)) as connection, connection:
            connection.execute(statement, values)


async def running(folder: Path, layout: dict[str, Any]) -> AsyncIterator[PortHarness]:
    harness = ApiHarness(folder / "customers.sqlite", layout)
    await harness.start()
    yield harness
    await harness.stop()


class TestChangesByPage(PortContract):
    @pytest.fixture
    async def harness(self, tmp_path: Path) -> AsyncIterator[PortHarness]:
        paging = {"by": "page", "size_param": "size"}
        async for harness in running(tmp_path, {**LIST, **CHANGES, "paging": paging}):
            yield harness


class TestChangesByCursor(PortContract):
    @pytest.fixture
    async def harness(self, tmp_path: Path) -> AsyncIterator[PortHarness]:
        paging = {"by": "cursor", "next": "next", "size_param": "size"}
        async for harness in running(tmp_path, {**LIST, **CHANGES, "paging": paging}):
            yield harness


class TestWholeListByLink(PortContract):
    @pytest.fixture
    async def harness(self, tmp_path: Path) -> AsyncIterator[PortHarness]:
        async for harness in running(tmp_path, {**LIST, "paging": {"by": "link", "size_param": "size"}}):
            yield harness


class TestWholeListByOffset(PortContract):
    @pytest.fixture
    async def harness(self, tmp_path: Path) -> AsyncIterator[PortHarness]:
        async for harness in running(tmp_path, {**LIST, "paging": {"by": "offset", "size_param": "size"}}):
            yield harness
