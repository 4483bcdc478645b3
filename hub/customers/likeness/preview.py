"""What another version of the weights, or other bands, would link that is not linked now, and what it would part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.customers.likely import Pair
from hub.customers.likeness.links import find_links, links_among
from hub.customers.likeness.weights import weights_of
from hub.matching.person import Person
from hub.store.engine import Database

PAGE: Final = 500
SAMPLES_MAX: Final = 20


@dataclass(slots=True)
class Preview:
    """Links between records; `gained` and `lost` hold the first ones of each, with their bits."""

    records: int = 0
    kept: int = 0
    gains: int = 0
    losses: int = 0
    gained: dict[Pair, float] = field(default_factory=dict)
    lost: dict[Pair, float] = field(default_factory=dict)

    def add(self, nodes: Mapping[Node, Person], before: Mapping[Pair, float], after: Mapping[Pair, float]) -> None:
        """Count each link once, with its smaller record."""
        before, after = ({p: bits for p, bits in links.items() if p[0] in nodes} for links in (before, after))
        gained = {pair: bits for pair, bits in after.items() if pair not in before}
        lost = {pair: bits for pair, bits in before.items() if pair not in after}
        self.records += len(nodes)
        self.kept += len(after) - len(gained)
        self.gains += len(gained)
        self.losses += len(lost)
        for samples, found in ((self.gained, gained), (self.lost, lost)):
            samples.update(sorted(found.items())[: SAMPLES_MAX - len(samples)])


async def preview_links(database: Database, version: int, least: float) -> Preview:
    """Over all records, page by page, writing nothing. NotFound for a version that was not learned."""
    preview, after = Preview(), Node("", "")
    while True:
        async with database.reading() as connection:
            learned = await weights_of(connection, version)
            nodes = await likenesses_behind(connection, after, PAGE)
            if nodes:
                found = await find_links(connection, nodes, version, learned, least)
                preview.add(nodes, await links_among(connection, nodes), found)
        if len(nodes) < PAGE:
            return preview
        after = max(nodes)


async def likenesses_behind(connection: AsyncConnection, after: Node, limit: int) -> dict[Node, Person]:
    """The next records by system and id, as they are compared."""
    rows = await connection.execute(
        text(
            """SELECT system, external_id, fields FROM likeness WHERE (system, external_id) > (:system, :external_id)
               ORDER BY system, external_id LIMIT :page"""
        ),
        {**after._asdict(), "page": limit},
    )
    return {Node(row[0], row[1]): Person(*row[2]) for row in rows}
