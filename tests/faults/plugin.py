"""The adapters of the simulated programs, installed for the hub's processes as any company's own adapter is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from hub.entrypoints.wiring import ADAPTERS, InstalledAdapters
from hub.ports.system import Adapter
from tests.faults import branch, register

OWN: Final[Mapping[str, Adapter[Any]]] = {  # Any: each adapter has options of its own
    "branch": branch.ADAPTER,
    "register": register.ADAPTER,
}


def adapters() -> Mapping[str, Adapter[Any]]:
    """Everything hub.yaml may name, for the harness's own process."""
    return {**InstalledAdapters(), **OWN}


def install_plugin(folder: Path) -> None:
    """A distribution that a process finds which has `folder` on its PYTHONPATH."""
    told = folder / "faults_programs-1.dist-info"
    told.mkdir(parents=True)
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: faults-programs\nVersion: 1\n")
    points = "\n".join(f"{name} = tests.faults.{name}:ADAPTER" for name in OWN)
    (told / "entry_points.txt").write_text(f"[{ADAPTERS}]\n{points}\n")
