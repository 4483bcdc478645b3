"""One read of a customer for all who are told of the same change, and one statement for changes that come together."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from hub.live.changes import Place
from hub.reads.customers import CustomerRow, customers_by_id
from hub.reads.reach import Reach
from hub.store.engine import Database
from hub.work.together import Together
from schema.store_errors import translated

KEPT: Final = 2_000
READ_AT_ONCE: Final = 100
"""Customers in one transaction, where so many changes come while the one before it is under way."""


@dataclass(frozen=True, slots=True)
class _Read:
    """Begun when the process had delivered the feed up to `place`."""

    place: Place
    row: asyncio.Task[CustomerRow | None]

    def serves(self, place: Place) -> bool:
        """False after a restore, too: it may show what is no longer so."""
        return (
            place.generation == self.place.generation
            and place.position <= self.place.position
            and not _failed(self.row)
        )


class SharedCustomers:
    """One for each process. A subscriber who deals with a change takes a read that was begun for it or a later one.

    Whatever that read does not show yet has a later place, and is still to be delivered to him. Rights are a part of
    the key; that he is shown the customer is for the subscriber to note.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reads: OrderedDict[tuple[UUID, object], _Read] = OrderedDict()
        self._row = Together(self._rows, most=READ_AT_ONCE)

    async def read(self, asked: UUID, reach: Reach, place: Place) -> CustomerRow | None:
        """The customer as he was at `place` or later; Transient when the database is away."""
        key = (asked, reach.only)
        known = self._reads.get(key)
        if known is None or not known.serves(place):
            known = _Read(place, asyncio.create_task(self._row((asked, reach))))
            self._reads[key] = known
            self._reads.move_to_end(key)
            if len(self._reads) > KEPT:
                self._reads.popitem(last=False)
        # Whoever leaves while it is under way does not take it from the others.
        return await asyncio.shield(known.row)

    async def _rows(self, asked: Sequence[tuple[UUID, Reach]]) -> list[CustomerRow | None]:
        """What each may see of the customer he asks for; whoever has the same rights shares a statement."""
        alike: defaultdict[Reach, list[UUID]] = defaultdict(list)
        for identity, reach in asked:
            alike[reach].append(identity)
        async with translated(), self._database.reading() as connection:
            found = {reach: await customers_by_id(connection, ids, reach) for reach, ids in alike.items()}
        return [found[reach].get(identity) for identity, reach in asked]


def _failed(row: asyncio.Task[CustomerRow | None]) -> bool:
    return row.done() and (row.cancelled() or row.exception() is not None)
