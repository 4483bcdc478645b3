"""Where the last images of a lane's objects are kept: the live ones, or the twins beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.flows.lane import LaneContext


@dataclass(frozen=True, slots=True)
class Images:
    """A table of last images and what all rows of one lane have in common in its key.

    `source_record` and `shadow_record` have the same columns but for this, so that one guard decides for both.
    """

    table: str
    key: Mapping[str, object]

    @property
    def columns(self) -> str:
        """Names of the key, for a column list."""
        return ", ".join(self.key)

    @property
    def values(self) -> str:
        """The same as bind names, for a select list."""
        return ", ".join(f":{name}" for name in self.key)

    @property
    def where(self) -> str:
        """The condition that selects this lane's rows."""
        return " AND ".join(f"{name} = :{name}" for name in self.key)


def images_of(lane: LaneContext) -> Images:
    """Live for the lane that counts, its own twins for any other."""
    if lane.counts:
        return Images("source_record", {"system": lane.system, "entity": lane.entity.value})
    return Images("shadow_record", {"lane_id": lane.lane_id})
