"""Files that survive a power cut: what was renamed into place is whole."""

from __future__ import annotations

import os
from pathlib import Path


def sync_file(path: Path) -> None:
    """Returns when the content of the file, or the entries of the folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def publish(hidden: Path, visible: Path) -> None:
    """Show a finished folder under its name, in one step for everybody who looks."""
    sync_file(hidden)
    hidden.rename(visible)
    sync_file(visible.parent)
