"""Tryton keeps the contract of every port."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from adapters.tryton import ADAPTER
from adapters.tryton.port import TrytonPort
from examples.demo.tryton.rpc import TrytonRpc
from hub.ports.system import SystemPort
from hub.ports.writing import FieldChange
from hub.records.identity import Entity, ExternalId, SystemName
from tests.adapters.tryton.parties import make_parties, medium_of
from tests.adapters.tryton.proxy import Line
from tests.adapters.tryton.running import CONTRACT, RunningTryton
from tests.contracts.harness import PortHarness
from tests.contracts.port_contract import PortContract

pytestmark = pytest.mark.slow

_numbers = itertools.count(1)


class TrytonHarness:
    """Changes parties as another user; stopping cuts the line, which to the adapter is a Tryton that is not there."""

    entity = Entity.CUSTOMER
    mappings = ADAPTER.mappings
    overlap = timedelta(minutes=1)
    can_stop = True

    def __init__(self, tryton: RunningTryton, rpc: TrytonRpc, line: Line) -> None:
        self._tryton = tryton
        self._rpc = rpc
        self._line = line
        self.stop = line.stop
        self.start = line.start

    def open(self) -> SystemPort:
        return TrytonPort(SystemName("crm"), self._tryton.options(self._line.url, CONTRACT, horizon_s=0))

    async def make(self, count: int) -> Sequence[ExternalId]:
        return make_parties(self._rpc, count)

    async def change(self, external_id: ExternalId) -> None:
        self._rpc.write("party.party", [int(external_id)], {"name": f"Changed {next(_numbers)}"})

    async def delete(self, external_id: ExternalId) -> None:
        self._rpc.delete("party.party", [int(external_id)])

    async def delete_child(self, external_id: ExternalId) -> None:
        child, _ = medium_of(self._rpc, external_id)
        self._rpc.delete("party.contact_mechanism", [child])

    async def hand_over(self) -> None:
        """Tryton shows a change as soon as it is made."""

    def creation(self) -> Sequence[FieldChange]:
        return [FieldChange(("name",), None, "Created"), FieldChange(("language",), None, "nl")]

    async def update(self, external_id: ExternalId) -> FieldChange:
        child, value = medium_of(self._rpc, external_id)
        return FieldChange(("contact_media", str(child), "value"), value, f"n{next(_numbers)}@example.org")


@pytest.fixture(scope="module")
def rpc(tryton: RunningTryton) -> Iterator[TrytonRpc]:
    with tryton.server.log_in(CONTRACT) as rpc:
        yield rpc


class TestContract(PortContract):
    @pytest.fixture
    async def harness(self, tryton: RunningTryton, rpc: TrytonRpc, line: Line) -> PortHarness:
        return TrytonHarness(tryton, rpc, line)
