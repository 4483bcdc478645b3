"""The rest adapter keeps the contract, with stamps and `since` as well as without either."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
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
from tests.adapters.rest.serving import TOKEN, CustomerApis
from tests.adapters.tryton.proxy import Line, line_to
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

    def __init__(self, file: Path, line: Line, path: str, layout: dict[str, Any]) -> None:
        self._file, self._line, self._path, self._layout = file, line, path, layout
        self._clock = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
        self._count = 0
        self._sql(TABLE)

    def open(self) -> SystemPort:
        options = {
            "url": self._line.url + self._path,
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
        await self._line.stop()

    async def start(self) -> None:
        await self._line.start()

    def creation(self) -> Sequence[FieldChange]:
        return [FieldChange(("name",), None, "Anna de Vries")]

    async def update(self, external_id: ExternalId) -> FieldChange:
        return FieldChange(("name",), f"Customer {external_id}", f"At {self._tick()}")

    def _tick(self) -> str:
        self._clock += timedelta(seconds=1)
        return self._clock.isoformat()

    def _sql(self, statement: str, *values: str | int) -> None:
        with closing(sqlite3.connect(self._file)) as connection, connection:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(statement, values)


@asynccontextmanager
async def running(apis: CustomerApis, folder: Path, layout: dict[str, Any]) -> AsyncIterator[PortHarness]:
    file = folder / "customers.sqlite"
    with apis.serving(file) as path:
        async with line_to(apis.url) as line:
            yield ApiHarness(file, line, path, layout)


class TestChangesByPage(PortContract):
    @pytest.fixture
    async def harness(self, apis: CustomerApis, tmp_path: Path) -> AsyncIterator[PortHarness]:
        paging = {"by": "page", "size_param": "size"}
        async with running(apis, tmp_path, {**LIST, **CHANGES, "paging": paging}) as harness:
            yield harness


@pytest.mark.slow
class TestChangesByCursor(PortContract):
    @pytest.fixture
    async def harness(self, apis: CustomerApis, tmp_path: Path) -> AsyncIterator[PortHarness]:
        paging = {"by": "cursor", "next": "next", "size_param": "size"}
        async with running(apis, tmp_path, {**LIST, **CHANGES, "paging": paging}) as harness:
            yield harness


class TestWholeListByLink(PortContract):
    @pytest.fixture
    async def harness(self, apis: CustomerApis, tmp_path: Path) -> AsyncIterator[PortHarness]:
        async with running(apis, tmp_path, {**LIST, "paging": {"by": "link", "size_param": "size"}}) as harness:
            yield harness


@pytest.mark.slow
class TestWholeListByOffset(PortContract):
    @pytest.fixture
    async def harness(self, apis: CustomerApis, tmp_path: Path) -> AsyncIterator[PortHarness]:
        async with running(apis, tmp_path, {**LIST, "paging": {"by": "offset", "size_param": "size"}}) as harness:
            yield harness
