"""BottleCRM keeps the contract of every port, for leads and for contacts."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest

from adapters.bottlecrm import ADAPTER
from adapters.bottlecrm.port import BottleCrmPort
from hub.ports.limits import CallLimits
from hub.ports.system import SystemPort
from hub.ports.writing import FieldChange
from hub.records.identity import Entity, ExternalId, SystemName
from tests.adapters.tryton.proxy import Line
from tests.bottlecrm.running import RunningBottleCrm
from tests.contracts.harness import PortHarness
from tests.contracts.port_contract import PortContract

pytestmark = pytest.mark.slow

_numbers = itertools.count(1)


class _Harness:
    """Changes records as another user; stopping cuts the line, which to the adapter is a BottleCRM that is away."""

    path: ClassVar[str]
    entity: Entity
    mappings: Path | None = ADAPTER.mappings
    overlap = timedelta(minutes=1)
    can_stop = True

    def __init__(self, bottlecrm: RunningBottleCrm, line: Line) -> None:
        self._bottlecrm = bottlecrm
        self._line = line
        self.stop = line.stop
        self.start = line.start

    def open(self) -> SystemPort:
        options = self._bottlecrm.options(self._line.url, webhook_secrets=["unused"])
        return BottleCrmPort(SystemName("lms"), options, CallLimits(timeout_s=20))

    async def delete(self, external_id: ExternalId) -> None:
        await self._call("DELETE", external_id)

    async def hand_over(self) -> None:
        """BottleCRM shows a change as soon as it is made."""

    async def _call(self, method: str, external_id: ExternalId, body: object = None) -> None:
        await asyncio.to_thread(self._bottlecrm.call, method, f"{self.path}/{external_id}/", body)

    async def _make(self, body: object) -> ExternalId:
        return ExternalId(await asyncio.to_thread(self._bottlecrm.make, f"{self.path}/", body))


class LeadHarness(_Harness):
    """A lead's child is the contact it is linked to."""

    path = "leads"
    entity = Entity.SALES_LEAD

    async def make(self, count: int) -> Sequence[ExternalId]:
        contact = await asyncio.to_thread(
            self._bottlecrm.make, "contacts/", {"first_name": "Anna", "last_name": f"de Vries {next(_numbers)}"}
        )
        lead = {"title": "Heat pump", "status": "assigned", "rating": "WARM", "contacts": [contact]}
        made = [await self._make(lead) for _ in range(count)]
        # A closed one stands in another list, which a run must not forget.
        await self._call("PATCH", made[-1], {"status": "closed"})
        return made

    async def change(self, external_id: ExternalId) -> None:
        await self._call("PATCH", external_id, {"title": f"Changed {next(_numbers)}"})

    async def delete_child(self, external_id: ExternalId) -> None:
        await self._call("PATCH", external_id, {"contacts": []})

    def creation(self) -> Sequence[FieldChange]:
        return [FieldChange(("name",), None, "Created"), FieldChange(("amount",), None, "12.50")]

    async def update(self, external_id: ExternalId) -> FieldChange:
        page = await asyncio.to_thread(self._bottlecrm.call, "GET", f"leads/{external_id}/")
        return FieldChange(("name",), page["lead_obj"]["title"], f"Title {next(_numbers)}")


class ContactHarness(_Harness):
    """A contact's child is its phone number."""

    path = "contacts"
    entity = Entity.CUSTOMER

    async def make(self, count: int) -> Sequence[ExternalId]:
        return [
            await self._make(
                {"first_name": "Anna", "last_name": "de Vries", "email": f"c{next(_numbers)}@example.org"}
                | {"phone": "+31612345678"}
            )
            for _ in range(count)
        ]

    async def change(self, external_id: ExternalId) -> None:
        await self._call("PATCH", external_id, {"last_name": f"Changed {next(_numbers)}"})

    async def delete_child(self, external_id: ExternalId) -> None:
        await self._call("PATCH", external_id, {"phone": ""})

    def creation(self) -> Sequence[FieldChange]:
        medium = {"external_id": "new", "kind": "EMAIL", "value": f"c{next(_numbers)}@example.org"}
        return [
            FieldChange(("given_name",), None, "Created"),
            FieldChange(("family_name",), None, "de Vries"),
            FieldChange(("contact_media",), None, [medium]),
        ]

    async def update(self, external_id: ExternalId) -> FieldChange:
        page = await asyncio.to_thread(self._bottlecrm.call, "GET", f"contacts/{external_id}/")
        path = ("contact_media", f"{external_id}:email", "value")
        return FieldChange(path, page["contact_obj"]["email"], f"c{next(_numbers)}@example.org")


class TestLeads(PortContract):
    @pytest.fixture
    async def harness(self, emptied: RunningBottleCrm, line: Line) -> PortHarness:
        return LeadHarness(emptied, line)


class TestContacts(PortContract):
    @pytest.fixture
    async def harness(self, emptied: RunningBottleCrm, line: Line) -> PortHarness:
        return ContactHarness(emptied, line)
