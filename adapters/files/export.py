"""Writing a full export the way a package's nightly or weekly job would."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from uuid import uuid4

from adapters.files.data_file import DataFile
from adapters.files.durable import publish, sync_file
from adapters.files.manifest import MANIFEST_NAME, Manifest, ManifestFile
from adapters.files.options import ChildLayout, EntityLayout, FileFormat
from adapters.files.rows import Style
from hub.errors import Conflict, Invalid
from hub.records.identity import Entity
from hub.records.source import JsonObject

_UNBOUNDED = 0  # the longest record is a reader's concern


def write_export(
    folder: Path,
    entity: Entity,
    rows: Iterable[JsonObject],
    started_at: datetime,
    finished_at: datetime | None = None,
    format: FileFormat = FileFormat.CSV,
    layout: EntityLayout | None = None,
    encoding: str = "utf-8",
    delimiter: str = ",",
) -> Path:
    """Put the full set `rows` into the inbox of the drop folder `folder` and return the delivery's path.

    Rows are taken one by one. In CSV the lists that `layout` names as children go to files of their own, joined by
    the parent's id; in JSONL they stay in the object. [started_at, finished_at] is the interval of reading;
    `finished_at` None: when the last row was taken. The name comes from `started_at`: the same one twice is a Conflict.
    """
    name = f"{entity.value}-{started_at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}"
    inbox = folder / "inbox"
    if (inbox / name).exists():
        raise Conflict(f"an export of {entity.value} that began at {started_at.isoformat()} waits already")
    inbox.mkdir(parents=True, exist_ok=True)
    growing = inbox / f".{name}.{uuid4().hex}"
    growing.mkdir()
    try:
        style = Style(format, encoding, delimiter, _UNBOUNDED)
        files = _write_rows(growing, entity, rows, layout or EntityLayout(), style)
        write_manifest(growing, _manifest(entity, style, files, started_at, finished_at or datetime.now(UTC)))
        publish(growing, inbox / name)
    except BaseException:
        shutil.rmtree(growing, ignore_errors=True)
        raise
    return inbox / name


def _manifest(
    entity: Entity, style: Style, files: tuple[ManifestFile, ...], started_at: datetime, finished_at: datetime
) -> Manifest:
    return Manifest(
        entity=entity,
        format=style.format,
        encoding=style.encoding,
        delimiter=style.delimiter,
        export_started_at=started_at,
        export_finished_at=finished_at,
        files=files,
    )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """The last file of a delivery, on the disk when this returns."""
    path = folder / MANIFEST_NAME
    path.write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    sync_file(path)


def _write_rows(
    folder: Path, entity: Entity, rows: Iterable[JsonObject], layout: EntityLayout, style: Style
) -> tuple[ManifestFile, ...]:
    lists = layout.children if style.format is FileFormat.CSV else {}
    with ExitStack() as open_files:
        parents = open_files.enter_context(DataFile(folder / f"{entity.value}.{style.format}", style, [layout.id]))
        children = {
            name: open_files.enter_context(DataFile(folder / _child_file(name, layout), style, _key(child_layout)))
            for name, child_layout in lists.items()
        }
        for row in rows:
            parents.add({key: value for key, value in row.items() if key not in lists})
            for name, child_layout in lists.items():
                for child in _children(row, name):
                    children[name].add({**child, child_layout.parent: row[layout.id]})
    return tuple(file.listed() for file in (parents, *children.values()))


def _child_file(name: str, layout: EntityLayout) -> str:
    pattern = layout.child_pattern(name)
    if not fnmatchcase(f"{name}.csv", pattern):
        raise Invalid(f"{name}.csv does not match {pattern!r}, under which the layout looks for the rows of {name}")
    return f"{name}.csv"


def _key(layout: ChildLayout) -> list[str]:
    return [layout.parent] if layout.id is None else [layout.id, layout.parent]


def _children(row: JsonObject, name: str) -> Iterator[JsonObject]:
    children = row.get(name)
    if children is None:
        return
    if isinstance(children, str) or not isinstance(children, Sequence):
        raise Invalid(f"{name} is not a list")
    for child in children:
        if not isinstance(child, Mapping):
            raise Invalid(f"{name} holds something that is not an object")
        yield child
