"""Lists and segments of customers whom recognition joined or parted, ranked anew beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text

from hub.clock import Clock
from hub.flows.follow_joins import PRINCIPAL
from hub.offers.catalogue import Catalogue
from hub.offers.order_ranking import RANK_AGAIN
from hub.offers.react import rank_again
from hub.reads.consider import consider_anybody
from hub.store.engine import Database
from hub.work.decisions import Decision, Done
from hub.work.work import Handlers, RegisteredHandler, Work

_NOW: Final = text(
    """SELECT DISTINCT c.id FROM unnest(CAST(:ids AS uuid[])) AS asked(id)
       LEFT JOIN customer_alias a ON a.alias_id = asked.id
       JOIN customer c ON c.id = coalesce(a.current_id, asked.id) ORDER BY c.id"""
)


def ranking_handlers(database: Database, catalogue: Catalogue, clock: Clock) -> Handlers:
    """A list that was ranked already comes out the same."""
    return {RANK_AGAIN: RegisteredHandler(_Ranker(database, catalogue, clock), repeatable=True)}


@dataclass(frozen=True)
class _Ranker:
    database: Database
    catalogue: Catalogue
    clock: Clock

    async def __call__(self, work: Work) -> Decision:
        """A transaction for each customer, as whoever he is by now; nobody for one who was erased meanwhile."""
        asked = work.payload["customers"]
        ids = [UUID(str(one)) for one in asked] if isinstance(asked, list) else []
        async with self.database.reading() as connection:
            customers = (await connection.execute(_NOW, {"ids": ids})).scalars().all()
        for customer in customers:
            async with self.database.transaction() as connection:
                await rank_again(connection, self.catalogue, [customer], consider_anybody, PRINCIPAL, self.clock())
        return Done()
