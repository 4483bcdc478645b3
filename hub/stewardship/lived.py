"""What customers' records said, version by version as the hub saw them, and what they would have said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.customers.survive import SourceImage
from hub.records.customer import CustomerRecord
from hub.store.documents import StoredVersion, versions_of_many
from hub.store.keys import KeyRing

Told: TypeAlias = tuple[CustomerRecord, CustomerRecord | None]
"""A version as it is and as it would be; None: it would not have been taken in."""

Retold: TypeAlias = Callable[[Node, Sequence[StoredVersion]], Sequence[Told]]
"""Of one record's readable versions, oldest first, each one's."""


@dataclass(frozen=True, slots=True)
class Event:
    """A version as the hub saw it, `at` its own time, and the record's image from then on; `after` None: none yet."""

    at: datetime
    before: SourceImage
    after: SourceImage | None


def as_stored(versions: Sequence[StoredVersion]) -> Sequence[Told]:
    """Versions that nothing would have made others."""
    records = [CustomerRecord.model_validate_json(one.document) for one in versions if one.document is not None]
    return [(record, record) for record in records]


async def events_of(
    connection: AsyncConnection, keys: KeyRing, deleted: Mapping[Node, datetime | None], retold: Retold | None
) -> Mapping[Node, Sequence[Event]]:
    """The versions of these records that can still be read; a record that is gone ends with its tombstone.

    `deleted` has the records, each with the time of its tombstone. Originals are opened for `retold` only.
    """
    of_system: dict[str, list[str]] = defaultdict(list)
    for node in deleted:
        of_system[node.system].append(node.external_id)
    found: dict[Node, Sequence[Event]] = {}
    for system, ids in of_system.items():
        stored = await versions_of_many(connection, keys, system, "customer", ids, originals=retold is not None)
        for external_id, versions in stored.items():
            node = Node(system, external_id)
            readable = [one for one in versions if one.document is not None]
            told = as_stored(readable) if retold is None else retold(node, readable)
            found[node] = _events(node, readable, told, deleted[node])
    return found


def _events(
    node: Node, versions: Sequence[StoredVersion], told: Sequence[Told], gone: datetime | None
) -> Sequence[Event]:
    events: list[Event] = []
    after: SourceImage | None = None
    for one, (now, then) in zip(versions, told, strict=True):
        dead = one is versions[-1] and gone is not None and one.as_of <= gone
        before = SourceImage(node, now, one.as_of, one.observed_at, dead)
        if then is not None:
            after = replace(before, record=then)
        elif after is not None:
            after = replace(after, deleted=dead)
        events.append(Event(one.observed_at, before, after))
    return events
