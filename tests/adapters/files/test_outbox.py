"""Each command stands in exactly one batch."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import pytest

from adapters.files import EntityLayout, FileFormat, FilesOptions, FilesPort
from hub.errors import Invalid
from hub.ports.writing import FieldChange, Operation, WriteCommand, Written
from hub.records.identity import Entity, ExternalId, SystemName
from hub.records.source import JsonObject

LEAD = Entity.SALES_LEAD
CREATE = WriteCommand("k1", LEAD, Operation.CREATE, None, (FieldChange(("name",), None, 'Offer "15 %"\nnow'),))
UPDATE = WriteCommand(
    "k2",
    LEAD,
    Operation.UPDATE,
    ExternalId("7"),
    (FieldChange(("state",), "PENDING", "ACCEPTED"), FieldChange(("lines", "a/1", "amount"), None, [1, 2])),
)
DELETE = WriteCommand("k3", LEAD, Operation.DELETE, ExternalId("8"))


def _port(folder: Path, format: FileFormat = FileFormat.JSONL) -> FilesPort:
    entities = {LEAD: EntityLayout(pull=False, write=True), Entity.CUSTOMER: EntityLayout(pull=False, write=True)}
    options = FilesOptions(folder=folder, entities=entities, outbox_format=format)
    return FilesPort(SystemName("letters"), options)


def _batches(folder: Path) -> list[Path]:
    return sorted((folder / "outbox").iterdir())


def _keys(batch: Path) -> list[str]:
    return [json.loads(line)["key"] for line in (batch / "commands.jsonl").read_text().splitlines()]


async def test_a_batch_is_one_folder_with_commands_and_manifest(tmp_path: Path) -> None:
    outcomes = await _port(tmp_path).write([CREATE, UPDATE, DELETE])

    (batch,) = _batches(tmp_path)
    content = (batch / "commands.jsonl").read_bytes()
    written: list[JsonObject] = [json.loads(line) for line in content.splitlines()]
    manifest = json.loads((batch / "manifest.json").read_text())
    assert outcomes == [Written(ExternalId("k1")), Written(ExternalId("7")), Written(ExternalId("8"))]
    assert written[0] == {
        "key": "k1",
        "operation": "CREATE",
        "external_id": None,
        "changes": [{"path": ["name"], "old": None, "new": 'Offer "15 %"\nnow'}],
    }
    assert written[2] == {"key": "k3", "operation": "DELETE", "external_id": "8", "changes": []}
    assert manifest["entity"] == "sales_lead"
    assert manifest["files"] == [{"name": "commands.jsonl", "rows": 3, "sha256": hashlib.sha256(content).hexdigest()}]


async def test_csv_has_a_row_per_changed_field(tmp_path: Path) -> None:
    await _port(tmp_path, FileFormat.CSV).write([CREATE, UPDATE, DELETE])

    (batch,) = _batches(tmp_path)
    with (batch / "commands.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["key", "operation", "external_id", "path", "old", "new"],
            ["k1", "CREATE", "", "/name", "", 'Offer "15 %"\nnow'],
            ["k2", "UPDATE", "7", "/state", "PENDING", "ACCEPTED"],
            ["k2", "UPDATE", "7", "/lines/a~11/amount", "", "[1,2]"],
            ["k3", "DELETE", "8", "", "", ""],
        ]


async def test_the_same_commands_again_make_no_second_batch(tmp_path: Path) -> None:
    await _port(tmp_path).write([CREATE, UPDATE])
    before = _batches(tmp_path)

    await _port(tmp_path).write([CREATE, UPDATE])

    assert _batches(tmp_path) == before


async def test_a_command_fetched_by_the_receiver_is_not_written_again(tmp_path: Path) -> None:
    await _port(tmp_path).write([CREATE])
    (batch,) = _batches(tmp_path)
    batch.rename(tmp_path / "fetched")

    await _port(tmp_path).write([CREATE, UPDATE])

    assert [_keys(one) for one in _batches(tmp_path)] == [["k2"]]


async def test_a_batch_whose_process_died_before_the_rename_is_published_once(tmp_path: Path) -> None:
    await _port(tmp_path).write([CREATE])
    (batch,) = _batches(tmp_path)
    batch.rename(batch.with_name(f".{batch.name}"))

    await _port(tmp_path).write([CREATE])

    assert _batches(tmp_path) == [batch]
    assert _keys(batch) == ["k1"]


async def test_a_batch_whose_process_died_while_writing_is_written_anew(tmp_path: Path) -> None:
    half = tmp_path / "outbox" / ".sales_lead-half"
    half.mkdir(parents=True)
    (half / "commands.jsonl").write_text('{"key": "k1", "oper')

    await _port(tmp_path).write([CREATE])

    assert [_keys(one) for one in _batches(tmp_path)] == [["k1"]]


async def test_each_entity_has_a_batch_of_its_own(tmp_path: Path) -> None:
    customer = WriteCommand("k4", Entity.CUSTOMER, Operation.DELETE, ExternalId("1"))

    await _port(tmp_path).write([CREATE, customer, DELETE])

    assert [_keys(one) for one in _batches(tmp_path)] == [["k4"], ["k1", "k3"]]


async def test_an_entity_that_may_not_be_written_refuses_the_whole_call(tmp_path: Path) -> None:
    order = WriteCommand("k5", Entity.SALES_ORDER, Operation.DELETE, ExternalId("1"))

    with pytest.raises(Invalid):
        await _port(tmp_path).write([CREATE, order])

    assert not (tmp_path / "outbox").exists()
