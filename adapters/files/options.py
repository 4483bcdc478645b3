"""What hub.yaml may say about a drop folder."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from hub.records.identity import Entity


class FileFormat(StrEnum):
    """CSV as in RFC 4180 with a header line; JSONL with one object a line."""

    CSV = "csv"
    JSONL = "jsonl"


class ManifestRule(StrEnum):
    """OPTIONAL also takes what lies still without a manifest: nothing then proves that it is whole."""

    REQUIRED = "required"
    OPTIONAL = "optional"


def _splittable(encoding: str) -> str:
    """Records are found by bytes, so that a run can resume at an offset: line ends and quotes must be single bytes."""
    try:
        codec = codecs.lookup(encoding)
    except LookupError:
        raise ValueError(f"unknown encoding {encoding!r}") from None
    if codec.name == "utf-8-sig":
        return "utf-8"  # a leading byte order mark is skipped there
    if codec.encode('\r\n",;|\t')[0] != b'\r\n",;|\t':
        raise ValueError(f"{encoding} is not a superset of ASCII; convert the files to utf-8")
    return codec.name


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"unknown time zone {name!r}") from None
    return name


Encoding = Annotated[str, AfterValidator(_splittable)]
Delimiter = Annotated[str, Field(pattern=r'^[^"\r\n\w]$')]


class _Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ChildLayout(_Options):
    """A list of an object's children that has files of its own, joined by the parent's id, in any order."""

    files: str | None = Field(
        None, description="Glob of the file names; left out: the list's name and anything behind."
    )
    parent: str = Field(description="Column that holds the parent's id.")
    id: str | None = Field("id", description="Column of the child's own id, which orders the list; null: file order.")
    stamp: str | None = Field(None, description="Column with the child's own change stamp.")


class EntityLayout(_Options):
    """How one entity is laid out in files. Files that no child list claims hold the objects themselves."""

    pull: bool = Field(True, description="The folder delivers this entity.")
    write: bool = Field(False, description="Commands for this entity go to the outbox.")
    id: str = Field("id", description="Column or key of the object's id.")
    stamp: str | None = Field(None, description="Column or key of the source's change stamp, ISO 8601, if it has one.")
    time_zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        "UTC", description="Zone of stamps that are written without an offset."
    )
    children: Mapping[str, ChildLayout] = Field({}, description="List in the object: where its rows stand.")

    def child_pattern(self, name: str) -> str:
        """The glob of a child list's file names."""
        return self.children[name].files or f"{name}*"


class FilesOptions(_Options):
    """One system that exchanges files: full exports in, batches of commands out."""

    folder: Path = Field(description="Drop folder, on one file system with all its parts; it must exist.")
    entities: Mapping[Entity, EntityLayout] = Field(min_length=1, description="Entity: how it is laid out.")
    manifest: ManifestRule = Field(
        ManifestRule.REQUIRED, description="Whether a delivery without manifest.json is taken, once it lies still."
    )
    settle_s: float = Field(
        60, ge=0, description="Seconds without a change before a delivery without (or with a broken) manifest counts."
    )
    lease_s: float = Field(
        600, gt=0, description="Seconds without reading on after which another process may take an open run's delivery."
    )
    encoding: Encoding = Field("utf-8", description="Encoding of deliveries without a manifest.")
    delimiter: Delimiter = Field(",", description="CSV delimiter of deliveries without a manifest, and of batches.")
    max_record_bytes: int = Field(
        1024 * 1024, ge=1024, description="Longest record in bytes; a longer one is reported and skipped."
    )
    outbox_format: FileFormat = Field(FileFormat.JSONL, description="Format of outgoing batches.")
    batch_size: int = Field(1000, ge=1, description="Most commands in one outgoing batch.")
