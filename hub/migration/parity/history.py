"""What a live side held before: its versions are encrypted, so they are opened, for those few objects in doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.lane import LaneContext
from hub.migration.parity.differences import Unequal, kind_of
from hub.migration.parity.marks import Marks, marks_of
from hub.records.migration import DifferenceKind
from hub.store.documents import versions_of_many
from hub.store.keys import KeyRing


async def with_history(
    connection: AsyncConnection, keys: KeyRing, candidate: LaneContext, marks: Marks, unequal: Sequence[Unequal]
) -> list[Unequal]:
    """The same, told of a live candidate whether it had the incumbent's content before. Twins tell by themselves.

    A version of an erased person says nothing any more. When the source stamped a version is not kept; since when it
    was true is.
    """
    if not candidate.counts:
        return list(unequal)
    doubtful = [one.external_id for one in unequal if kind_of(one) is DifferenceKind.STALE]
    held = await _held(connection, keys, candidate, marks, doubtful)
    return [_told(one, held.get(one.external_id, {})) for one in unequal]


def _told(one: Unequal, held: Mapping[bytes, datetime]) -> Unequal:
    since = None if one.incumbent.mark is None else held.get(one.incumbent.mark)
    return one if since is None else replace(one, held=True, held_stamp=since)


async def _held(
    connection: AsyncConnection, keys: KeyRing, lane: LaneContext, marks: Marks, ids: Sequence[str]
) -> Mapping[str, Mapping[bytes, datetime]]:
    """By object and mark since when its latest version with that mark was true."""
    opened = await versions_of_many(connection, keys, lane.system, lane.entity.value, ids)
    documents = {
        f"{version.version}/{external_id}": version.document
        for external_id, versions in opened.items()
        for version in versions
        if version.document is not None
    }
    found = await marks_of(connection, documents, marks)
    held: dict[str, dict[bytes, datetime]] = {}
    for external_id, versions in opened.items():
        for version in versions:
            mark = found.get(f"{version.version}/{external_id}")
            if mark is not None:
                held.setdefault(external_id, {})[mark] = version.as_of
    return held
