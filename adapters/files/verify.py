"""What must be true of a claimed delivery before one row of it is handed over."""

from __future__ import annotations

import hashlib
from pathlib import Path

from adapters.files.delivery import Delivery
from adapters.files.options import EntityLayout
from adapters.files.row_index import build_index
from hub.errors import Rejected


def verify(delivery: Delivery, layout: EntityLayout, index: Path) -> None:
    """Check names, checksums, headers and row counts; leaves the row index behind. Raises Rejected."""
    for part in delivery.parts:
        if part.path.is_symlink() or not part.path.is_file():
            raise Rejected(f"{delivery.name}: {part.path.name} is not there as a plain file")
        if part.sha256 is not None and part.sha256 != (actual := _sha256(part.path)):
            raise Rejected(f"{part.path.name} has sha256 {actual}, the manifest promises {part.sha256}")
    build_index(delivery, layout, index)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
