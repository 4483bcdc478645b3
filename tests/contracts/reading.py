"""Reads by id and sweeps agree with what runs bring."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.ports.capabilities import Capabilities
from hub.ports.system import SystemPort
from hub.records.identity import ExternalId
from tests.contracts.harness import PortHarness
from tests.contracts.ports import OpenPort, needs
from tests.contracts.runs import run, swept


class ReadContract(OpenPort):
    async def test_read_gives_what_a_run_gives(self, harness: PortHarness, port: SystemPort, can: Capabilities) -> None:
        needs(can.read and can.pull, "read and pull")
        made = await harness.make(3)
        pulled = (await run(port, harness.entity, None, harness.overlap)).latest()

        found = await port.read(harness.entity, made)

        assert [one.body for one in found] == [pulled[one].body for one in made]
        assert [one.fingerprint for one in found] == [pulled[one].fingerprint for one in made]

    async def test_read_keeps_the_order_asked_and_gives_tombstones(
        self, harness: PortHarness, port: SystemPort, can: Capabilities
    ) -> None:
        needs(can.read, "read")
        first, second, third = await harness.make(3)
        await harness.delete(second)
        began = await port.now()

        found = await port.read(harness.entity, [third, second, ExternalId("999999999"), first])

        assert [one.external_id for one in found] == [third, second, "999999999", first]
        assert [one.body is None for one in found] == [False, True, True, False]
        assert all(one.as_of.utcoffset() == timedelta() and one.as_of >= began for one in found)

    async def test_read_of_nothing_gives_nothing(
        self, harness: PortHarness, port: SystemPort, can: Capabilities
    ) -> None:
        needs(can.read, "read")

        assert list(await port.read(harness.entity, [])) == []

    @pytest.mark.parametrize("limit", [1, 2, 100])
    async def test_sweep_gives_every_id_once_with_the_fingerprint_of_a_read(
        self, harness: PortHarness, port: SystemPort, can: Capabilities, limit: int
    ) -> None:
        needs(can.sweep and can.read, "sweep and read")
        made = await harness.make(3)
        await harness.delete(made[1])

        ids = await swept(port, harness.entity, limit)

        assert sorted(one.external_id for one in ids if one.external_id in made) == sorted([made[0], made[2]])
        assert len({one.external_id for one in ids}) == len(ids)
        read = await port.read(harness.entity, [one.external_id for one in ids])
        told = [one.fingerprint for one in ids]
        assert told in ([one.fingerprint for one in read], [None] * len(ids))

    async def test_a_deleted_child_is_told_by_the_sweep(
        self, harness: PortHarness, port: SystemPort, can: Capabilities
    ) -> None:
        needs(can.sweep, "sweep")
        made = await harness.make(2)
        before = {one.external_id: one.fingerprint for one in await swept(port, harness.entity, 100)}
        needs(before[made[0]], "fingerprints in a sweep")
        await harness.delete_child(made[0])

        after = {one.external_id: one.fingerprint for one in await swept(port, harness.entity, 100)}

        assert [one for one in made if after[one] != before[one]] == [made[0]]
