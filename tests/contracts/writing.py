"""Commands: three-way, found again, answered in order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.errors import Transient
from hub.ports.capabilities import Capabilities
from hub.ports.system import SystemPort
from hub.ports.writing import FieldChange, Operation, Refused, WriteCommand, Written
from hub.records.identity import ExternalId
from tests.contracts.harness import PortHarness
from tests.contracts.ports import OpenPort, needs


class WriteContract(OpenPort):
    async def test_an_update_is_made_and_read_back(
        self, harness: PortHarness, port: SystemPort, can: Capabilities
    ) -> None:
        needs(can.update and can.read, "update and read")
        (made,) = await harness.make(1)
        change = await harness.update(made)

        (outcome,) = await port.write([_update(harness, "u1", made, change)])

        (now,) = await port.read(harness.entity, [made])
        assert isinstance(outcome, Written)
        assert outcome.external_id == made
        assert outcome.after is None or outcome.after.fingerprint == now.fingerprint
        assert (await harness.update(made)).old == change.new

    async def test_an_update_over_another_value_is_refused_and_changes_nothing(
        self, harness: PortHarness, port: SystemPort, can: Capabilities
    ) -> None:
        needs(can.update and can.read, "update and read")
        (made,) = await harness.make(1)
        stale = await harness.update(made)
        await port.write([_update(harness, "u1", made, stale)])
        (before,) = await port.read(harness.entity, [made])

        (outcome,) = await port.write([_update(harness, "u2", made, replace(stale, new="Never Written"))])

        (after,) = await port.read(harness.entity, [made])
        assert isinstance(outcome, Refused)
        assert outcome.conflict
        assert outcome.now is not None
        assert outcome.now.fingerprint == before.fingerprint == after.fingerprint

    async def test_an_update_that_stands_already_is_written(
        self, harness: PortHarness, port: SystemPort, can: Capabilities
    ) -> None:
        needs(can.update, "update")
        (made,) = await harness.make(1)
        command = _update(harness, "u1", made, await harness.update(made))
        await port.write([command])

        (again,) = await port.write([command])

        assert isinstance(again, Written)

    async def test_an_update_of_a_gone_object_is_refused(
        self, harness: PortHarness, port: SystemPort, can: Capabilities
    ) -> None:
        needs(can.update and can.read, "update and read")
        (made,) = await harness.make(1)
        change = await harness.update(made)
        await harness.delete(made)

        (outcome,) = await port.write([_update(harness, "u1", made, change)])

        assert isinstance(outcome, Refused)

    async def test_a_created_object_is_found_by_its_key(
        self, harness: PortHarness, port: SystemPort, can: Capabilities
    ) -> None:
        needs(can.create and can.hub_key, "hub key")
        command = WriteCommand("create-1", harness.entity, Operation.CREATE, None, tuple(harness.creation()))

        (outcome,) = await port.write([command])

        assert isinstance(outcome, Written)
        found = await port.find_by_key(harness.entity, "create-1")
        assert found is not None
        assert found.external_id == outcome.external_id
        assert await port.find_by_key(harness.entity, "create-2") is None

    async def test_outcomes_stand_in_the_order_of_the_commands(
        self, harness: PortHarness, port: SystemPort, can: Capabilities
    ) -> None:
        needs(can.update and can.batch_size > 1, "batch of updates")
        made = list(await harness.make(min(3, can.batch_size)))
        made.reverse()
        commands = [_update(harness, f"u{number}", one, await harness.update(one)) for number, one in enumerate(made)]

        outcomes = await port.write(commands)

        assert [outcome.external_id for outcome in outcomes if isinstance(outcome, Written)] == made

    async def test_a_refused_command_leaves_the_others_of_its_batch_alone(
        self, harness: PortHarness, port: SystemPort, can: Capabilities
    ) -> None:
        needs(can.update and can.read and can.batch_size > 1, "batch of updates, and read")
        good, bad = await harness.make(2)
        right = await harness.update(good)
        wrong = replace(await harness.update(bad), old="Never Stood There")

        outcomes = await port.write([_update(harness, "u1", bad, wrong), _update(harness, "u2", good, right)])

        assert [type(outcome) for outcome in outcomes] == [Refused, Written]
        assert (await harness.update(good)).old == right.new

    async def test_a_deleted_object_reads_as_gone(
        self, harness: PortHarness, port: SystemPort, can: Capabilities
    ) -> None:
        needs(can.delete and can.read, "delete and read")
        kept, gone = await harness.make(2)

        (outcome,) = await port.write([WriteCommand("d1", harness.entity, Operation.DELETE, gone)])

        assert isinstance(outcome, Written)
        found = await port.read(harness.entity, [kept, gone])
        assert [one.body is None for one in found] == [False, True]

    async def test_a_write_to_a_stopped_source_is_transient_and_did_nothing(
        self, harness: PortHarness, port: SystemPort, can: Capabilities
    ) -> None:
        needs(harness.can_stop and can.update and can.read, "update at a source that can be stopped")
        (made,) = await harness.make(1)
        change = await harness.update(made)
        await harness.stop()
        with pytest.raises(Transient):
            await port.write([_update(harness, "u1", made, change)])
        await harness.start()

        assert (await harness.update(made)).old == change.old


def _update(harness: PortHarness, key: str, external_id: ExternalId, change: FieldChange) -> WriteCommand:
    return WriteCommand(key, harness.entity, Operation.UPDATE, external_id, (change,))
