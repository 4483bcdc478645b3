"""Runs of letters as folders: a data file and a manifest, shown to the print street in one rename.

A staged run is a hidden folder. What was handed over is not staged any more: so a repeated call knows the difference
between "not yet handed over" and "handed over, and fetched since".
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hub.ports.outbound import Letter, Run

DATA_NAME: Final = "letters.csv"
MANIFEST_NAME: Final = "manifest.json"


class PrintFolder:
    """One drop folder; it is made where it is missing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def stage(self, run: Run) -> str:
        """UTF-8 CSV (RFC 4180) with a header, and a manifest that names it with rows and SHA-256; on the disk."""
        self._folder.mkdir(parents=True, exist_ok=True)
        hidden = self._hidden(run.name)
        shutil.rmtree(hidden, ignore_errors=True)
        hidden.mkdir()
        data = hidden / DATA_NAME
        _write_letters(data, run.columns, run.letters)
        digest = hashlib.sha256(data.read_bytes()).hexdigest()
        manifest = {
            "run": run.name,
            "channel": run.channel,
            "closed_at": run.closed_at.isoformat(),
            "files": [{"name": DATA_NAME, "rows": len(run.letters), "sha256": digest}],
        }
        (hidden / MANIFEST_NAME).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        for path in (data, hidden / MANIFEST_NAME, hidden, self._folder):
            _sync(path)
        return digest

    def hand_over(self, name: str) -> None:
        """Rename it into place; nothing where an earlier attempt did."""
        hidden = self._hidden(name)
        if hidden.is_dir():
            hidden.rename(self._folder / name)
            _sync(self._folder)

    def _hidden(self, name: str) -> Path:
        return self._folder / f".{name}"


def _write_letters(path: Path, columns: Sequence[str], letters: Sequence[Letter]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, columns)
        rows.writeheader()
        rows.writerows(letters)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
