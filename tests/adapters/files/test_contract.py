"""Full exports keep the contract, from CSV with files of child rows and from nested JSON lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.files import ChildLayout, EntityLayout, FileFormat, FilesOptions, FilesPort, write_export
from hub.ports.system import SystemPort
from hub.ports.writing import FieldChange
from hub.records.identity import Entity, ExternalId, SystemName
from hub.records.source import JsonObject
from tests.contracts.harness import PortHarness
from tests.contracts.port_contract import PortContract

CUSTOMER = Entity.CUSTOMER


class FilesHarness:
    """A package that exports all its customers on `hand_over`. With `versions` its rows carry their change stamps."""

    entity = CUSTOMER
    mappings: Path | None = None
    overlap = timedelta()
    can_stop = True

    def __init__(self, folder: Path, format: FileFormat, versions: bool) -> None:
        self.folder = folder
        self._format = format
        stamp = "changed_at" if versions else None
        children = {"contact_media": ChildLayout(parent="customer_id", stamp=stamp)}
        self._layout = EntityLayout(write=True, stamp=stamp, children=children)
        self._clock = datetime(2026, 1, 5, 2, tzinfo=UTC)
        self._customers: dict[str, dict[str, str]] = {}
        self._media: dict[str, dict[str, str]] = {}
        self._count = 0

    def open(self) -> SystemPort:
        options = FilesOptions(folder=self.folder, entities={CUSTOMER: self._layout})
        return FilesPort(SystemName("weekly"), options)

    async def make(self, count: int) -> Sequence[ExternalId]:
        stamp = self._tick()
        made = [ExternalId(str(self._count + number)) for number in range(1, count + 1)]
        self._count += count
        for one in made:
            self._customers[one] = {"name": f"Customer {one}", "status": "NEW", "changed_at": stamp}
            self._media[one] = {"id": f"{one}-mail", "value": f"c{one}@example.invalid", "changed_at": stamp}
        return made

    async def change(self, external_id: ExternalId) -> None:
        stamp = self._tick()
        self._customers[external_id] |= {"status": f"CHANGED {stamp}", "changed_at": stamp}

    async def delete(self, external_id: ExternalId) -> None:
        self._tick()
        del self._customers[external_id]
        self._media.pop(external_id, None)

    async def delete_child(self, external_id: ExternalId) -> None:
        self._tick()
        del self._media[external_id]

    async def hand_over(self) -> None:
        began = datetime.fromisoformat(self._tick())
        rows: Iterator[JsonObject] = (
            {"id": one, **customer, "contact_media": [self._media[one]] if one in self._media else []}
            for one, customer in self._customers.items()
        )
        write_export(self.folder, CUSTOMER, rows, began, self._clock, self._format, self._layout)

    async def stop(self) -> None:
        self.folder.rename(self.folder.with_name("unmounted"))

    async def start(self) -> None:
        self.folder.with_name("unmounted").rename(self.folder)

    def creation(self) -> Sequence[FieldChange]:
        return [FieldChange(("name",), None, "Anna de Vries")]

    async def update(self, external_id: ExternalId) -> FieldChange:
        return FieldChange(("status",), self._customers[external_id]["status"], f"GOLD {self._tick()}")

    def _tick(self) -> str:
        self._clock += timedelta(seconds=1)
        return self._clock.isoformat()


@pytest.mark.parametrize(
    "format, versions",
    [(FileFormat.CSV, False), (FileFormat.CSV, True), (FileFormat.JSONL, False), (FileFormat.JSONL, True)],
)
class TestFilesPort(PortContract):
    @pytest.fixture
    def harness(self, tmp_path: Path, format: FileFormat, versions: bool) -> PortHarness:
        folder = tmp_path / "drop"
        folder.mkdir()
        return FilesHarness(folder, format, versions)
