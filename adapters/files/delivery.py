"""A delivery: one full set of one entity, as a folder of files or, without a manifest, a single file."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from adapters.files.manifest import MANIFEST_NAME, load_manifest
from adapters.files.options import EntityLayout, FileFormat, FilesOptions, ManifestRule
from adapters.files.rows import Style
from hub.errors import Rejected
from hub.records.identity import Entity


@dataclass(frozen=True, slots=True)
class Part:
    """One data file; `rows` and `sha256` as the manifest promises them, None without one."""

    path: Path
    rows: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """`as_of` is when the export began, `finished` when it ended.

    Without a manifest they are the oldest and the newest change time of its files. The oldest is the end of writing,
    the nearest to the start that a bare file tells: what was read through an API during
    the export may then lose against it, one reason to ask the sender for a manifest.
    """

    name: str
    entity: Entity
    as_of: datetime
    style: Style
    parts: tuple[Part, ...]
    finished: datetime

    def split(self, layout: EntityLayout) -> tuple[tuple[Part, ...], dict[str, tuple[Part, ...]]]:
        """Files with the objects, and those of each child list. Raises Rejected when a CSV child list has no file."""
        children = {
            name: tuple(part for part in self.parts if fnmatchcase(part.path.name, layout.child_pattern(name)))
            for name in layout.children
        }
        for name, parts in children.items():
            if not parts and self.style.format is FileFormat.CSV:
                raise Rejected(f"{self.name}: no file matches {layout.child_pattern(name)!r}, the rows of {name}")
        claimed = {part.path for parts in children.values() for part in parts}
        parents = tuple(part for part in self.parts if part.path not in claimed)
        if not parents:
            raise Rejected(f"{self.name}: every file belongs to a child list, none holds the objects")
        return parents, {name: parts for name, parts in children.items() if parts}


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery that may be taken; `at` puts the waiting ones in order."""

    path: Path
    entity: Entity
    at: datetime


def arrival(path: Path, options: FilesOptions) -> Arrival | None:
    """None while the delivery is incomplete, and for what no entity claims.

    A manifest makes it complete at once. A manifest that cannot be read may still be on its way, and files without
    one give no sign at all: both count when nothing has changed for `settle_s` seconds.
    """
    manifest = path / MANIFEST_NAME
    if manifest.is_file():
        try:
            told = load_manifest(manifest)
        except Rejected:
            return _settled(path, options)
        return Arrival(path, told.entity, told.export_started_at)
    return _settled(path, options) if options.manifest is ManifestRule.OPTIONAL else None


def _settled(path: Path, options: FilesOptions) -> Arrival | None:
    entity = _entity_in(path.name)
    changes = [file.stat().st_mtime for file in _visible_files(path)]
    if entity is None or not changes or time.time() - max(changes) < options.settle_s:
        return None
    return Arrival(path, entity, datetime.fromtimestamp(max(changes), UTC))


def describe(path: Path, options: FilesOptions) -> Delivery:
    """What stands at `path`. Raises Rejected when its manifest or its files cannot be understood."""
    manifest = path / MANIFEST_NAME
    if manifest.is_file():
        told = load_manifest(manifest)
        style = Style(told.format, told.encoding, told.delimiter, options.max_record_bytes)
        parts = tuple(Part(path / file.name, file.rows, file.sha256) for file in told.files)
        began, finished = told.export_started_at.astimezone(UTC), told.export_finished_at.astimezone(UTC)
        return Delivery(path.name, told.entity, began, style, parts, finished)
    return _described_by_names(path, options)


def _described_by_names(path: Path, options: FilesOptions) -> Delivery:
    files = sorted(_visible_files(path))
    entity = _entity_in(path.name)
    suffixes = {file.suffix.lower().removeprefix(".") for file in files}
    if entity is None or len(suffixes) != 1 or not suffixes <= set(FileFormat):
        raise Rejected(f"{path.name}: without a manifest, name it <entity>-<anything> with .csv or .jsonl files only")
    style = Style(FileFormat(suffixes.pop()), options.encoding, options.delimiter, options.max_record_bytes)
    changes = [datetime.fromtimestamp(file.stat().st_mtime, UTC) for file in files]
    return Delivery(path.name, entity, min(changes), style, tuple(Part(file) for file in files), max(changes))


def _visible_files(path: Path) -> Iterator[Path]:
    """Hidden files are left out: senders write under such names before they rename."""
    for file in path.iterdir() if path.is_dir() else [path]:
        if file.is_file() and not file.name.startswith("."):
            yield file


def _entity_in(name: str) -> Entity | None:
    """`sales_order-2026-01-05`, `sales_order.csv` and `sales_order` all name the entity sales_order."""
    first = re.split(r"[-.]", name, maxsplit=1)[0]
    return Entity(first) if first in set(Entity) else None
