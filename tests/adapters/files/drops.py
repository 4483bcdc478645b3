"""Deliveries as other people's export jobs make them, by hand and with their mistakes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.files import ChildLayout, EntityLayout, FilesOptions, FilesPort, ManifestRule
from hub.records.identity import Entity, SystemName
from tests.contracts.runs import Pulled, run

CUSTOMER = Entity.CUSTOMER
BEGAN = datetime(2026, 1, 5, 2, tzinfo=UTC)
WITH_MEDIA = EntityLayout(children={"contact_media": ChildLayout(parent="customer_id")})


def open_port(
    folder: Path,
    layout: EntityLayout | None = None,
    manifest: ManifestRule = ManifestRule.REQUIRED,
    settle_s: float = 60,
    max_record_bytes: int = 1024,
    delimiter: str = ",",
) -> FilesPort:
    """A port that pulls customers."""
    options = FilesOptions(
        folder=folder,
        entities={CUSTOMER: layout or EntityLayout()},
        manifest=manifest,
        settle_s=settle_s,
        max_record_bytes=max_record_bytes,
        delimiter=delimiter,
    )
    return FilesPort(SystemName("weekly"), options)


def deliver(
    folder: Path,
    name: str,
    files: Mapping[str, tuple[int, bytes]],
    began: datetime = BEGAN,
    format: str = "csv",
    encoding: str = "utf-8",
    delimiter: str = ",",
) -> Path:
    """A delivery with a manifest; each file as (rows promised, bytes)."""
    place = folder / "inbox" / name
    place.mkdir(parents=True)
    for file, (_, content) in files.items():
        (place / file).write_bytes(content)
    listed = [
        {"name": file, "rows": rows, "sha256": hashlib.sha256(content).hexdigest()}
        for file, (rows, content) in files.items()
    ]
    manifest = {
        "entity": "customer",
        "format": format,
        "encoding": encoding,
        "delimiter": delimiter,
        "export_started_at": began.isoformat(),
        "export_finished_at": (began + timedelta(minutes=5)).isoformat(),
        "files": listed,
    }
    (place / "manifest.json").write_text(json.dumps(manifest))
    return place


async def pull_one(port: FilesPort, limit: int = 100) -> Pulled:
    """One whole delivery."""
    return await run(port, CUSTOMER, None, timedelta(), limit)


def content_of(folder: Path) -> list[str]:
    """What stands in the sub-folders, hidden bookkeeping left out."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    )
