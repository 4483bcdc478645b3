"""What the contract suite needs from the tests of one adapter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from hub.ports.system import SystemPort
from hub.ports.writing import FieldChange
from hub.records.identity import Entity, ExternalId


class PortHarness(Protocol):
    """A source whose objects the suite can change behind the port's back, as users of the package do.

    The source starts empty of `entity`. What `make` makes in one call shares one change stamp where the source stamps
    by transaction. Nothing needs to be visible to a run before `hand_over`, which for a file system writes the export.
    `mappings` are the adapter's own. `overlap` is enough source time for a run to see again what committed late.
    """

    entity: Entity
    mappings: Path | None
    overlap: timedelta
    can_stop: bool

    def open(self) -> SystemPort:
        """A new port on the same source; the suite closes it."""

    async def make(self, count: int) -> Sequence[ExternalId]:
        """New objects with one child each."""

    async def change(self, external_id: ExternalId) -> None:
        """Give one field of the object another value."""

    async def delete(self, external_id: ExternalId) -> None:
        """Delete the object with its children."""

    async def delete_child(self, external_id: ExternalId) -> None:
        """Delete the object's only child, and touch nothing else."""

    async def hand_over(self) -> None:
        """Make the present state visible to the next run."""

    async def stop(self) -> None:
        """Make the source unreachable; only where `can_stop`."""

    async def start(self) -> None:
        """End of `stop`."""

    def creation(self) -> Sequence[FieldChange]:
        """A CREATE's changes: a small valid canonical record."""

    async def update(self, external_id: ExternalId) -> FieldChange:
        """A change of one text field, with the value that stands there now as `old`, to a value never used before."""
