"""Batches of commands, each command in exactly one batch, whenever the process dies.

A batch is written under a hidden name, then its keys are noted in a small SQLite file, then it is renamed. Keys noted
beside a hidden batch: the rename did not happen and is made up for. A hidden batch without noted keys is waste.
Only so can a repeated call tell "never written" from "written, and fetched by the receiver since".
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import orjson

from adapters.files.data_file import DataFile
from adapters.files.durable import publish, sync_file
from adapters.files.export import write_manifest
from adapters.files.manifest import Manifest
from adapters.files.options import FileFormat, FilesOptions
from adapters.files.rows import Style
from hub.ports.writing import FieldChange, WriteCommand
from hub.records.identity import Entity
from hub.records.source import JsonObject, JsonValue

_COLUMNS = ("key", "operation", "external_id", "path", "old", "new")


class Outbox:
    """The outbox of one drop folder; several processes may write to it."""

    def __init__(self, options: FilesOptions) -> None:
        self._folder = options.folder / "outbox"
        self._ledger = options.folder / ".written.sqlite"
        self._format = options.outbox_format
        self._style = Style(options.outbox_format, "utf-8", options.delimiter, options.max_record_bytes)

    def put(self, commands: Sequence[WriteCommand]) -> None:
        """One new batch per entity with the commands whose keys no batch holds yet; the names sort by time."""
        with self._alone() as ledger:
            self._make_up(ledger)
            known = {
                command.key
                for command in commands
                if ledger.execute("SELECT 1 FROM written WHERE key = ?", [command.key]).fetchone()
            }
            fresh = {command.key: command for command in commands if command.key not in known}
            for entity in dict.fromkeys(command.entity for command in fresh.values()):
                self._put_batch(ledger, entity, [one for one in fresh.values() if one.entity is entity])

    def _put_batch(self, ledger: sqlite3.Connection, entity: Entity, commands: Sequence[WriteCommand]) -> None:
        now = datetime.now(UTC)
        digest = hashlib.sha256("\n".join(command.key for command in commands).encode()).hexdigest()
        name = f"{entity.value}-{now:%Y%m%dT%H%M%S.%fZ}-{digest[:12]}"
        hidden = self._folder / f".{name}"
        hidden.mkdir()
        with DataFile(hidden / f"commands.{self._format}", self._style, _COLUMNS) as file:
            for command in commands:
                for row in _as_rows(command) if self._format is FileFormat.CSV else [_as_object(command)]:
                    file.add(row)
        manifest = Manifest(
            entity=entity,
            format=self._format,
            delimiter=self._style.delimiter,
            export_started_at=now,
            export_finished_at=now,
            files=(file.listed(),),
        )
        write_manifest(hidden, manifest)
        # Before the keys are noted: a noted batch that a power cut erases would never be written again.
        sync_file(hidden)
        sync_file(self._folder)
        with ledger:
            ledger.executemany("INSERT INTO written VALUES (?, ?)", [(command.key, name) for command in commands])
        publish(hidden, self._folder / name)

    def _make_up(self, ledger: sqlite3.Connection) -> None:
        """Finish or clear what a process that died left hidden."""
        for hidden in sorted(path for path in self._folder.glob(".*") if path.is_dir()):
            name = hidden.name.removeprefix(".")
            if ledger.execute("SELECT 1 FROM written WHERE batch = ? LIMIT 1", [name]).fetchone():
                publish(hidden, self._folder / name)
            else:
                shutil.rmtree(hidden)

    @contextmanager
    def _alone(self) -> Iterator[sqlite3.Connection]:
        """The ledger, with every other writer kept out; waits for them, a batch takes milliseconds."""
        with (self._folder.parent / ".outbox.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with closing(sqlite3.connect(self._ledger)) as ledger:
                ledger.execute("CREATE TABLE IF NOT EXISTS written (key TEXT PRIMARY KEY, batch TEXT NOT NULL)")
                ledger.execute("CREATE INDEX IF NOT EXISTS written_batch ON written (batch)")
                yield ledger


def _as_object(command: WriteCommand) -> JsonObject:
    return {
        "key": command.key,
        "operation": command.operation.value,
        "external_id": command.external_id,
        "changes": [{"path": change.path, "old": change.old, "new": change.new} for change in command.changes],
    }


def _as_rows(command: WriteCommand) -> Iterator[JsonObject]:
    """One row per changed field; a single row without a path for a command that changes none, such as DELETE."""
    head = {"key": command.key, "operation": command.operation.value, "external_id": command.external_id}
    if not command.changes:
        yield {**head, "path": None, "old": None, "new": None}
    for change in command.changes:
        yield {**head, "path": _pointer(change), "old": _cell(change.old), "new": _cell(change.new)}


def _pointer(change: FieldChange) -> str:
    """The path as a JSON pointer (RFC 6901)."""
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in change.path)


def _cell(value: JsonValue) -> JsonValue:
    """Lists and objects as JSON in one cell."""
    return orjson.dumps(value).decode() if isinstance(value, Mapping | list | tuple) else value
