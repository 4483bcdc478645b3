"""What other bands, or other weights, would make of the customers: done for a page at a time, and undone again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.closure import Held
from hub.customers.identifiers import Node
from hub.customers.keep_conflicts import Cases, cases_of, decided
from hub.customers.likely import Pair
from hub.customers.likeness.links import find_links, links_among, rewrite_links
from hub.customers.likeness.preview import Preview, likenesses_behind
from hub.customers.likeness.unions import fellows_of
from hub.customers.likeness.weights import Learned, weights_of
from hub.customers.normalise import Spelling
from hub.customers.read_sources import images_of, pins_of
from hub.customers.recognise import lock_customers, recognise
from hub.customers.survive import Golden, SourceImage, survive
from hub.stewardship.rule_preview import RulePreview, Terms, compare, writes_of
from hub.store.engine import Database

PAGE: Final = 100
"""Records whose customers are held at once, for as long as it takes to see what would become of them."""


class _Undo(Exception):
    """Ends a transaction without keeping anything of it."""


@dataclass(slots=True)
class MatchingPreview:
    """Links of records, and what follows for golden fields and for what leaves, counted by the customers of now."""

    links: Preview = field(default_factory=Preview)
    golden: RulePreview = field(default_factory=RulePreview)


@dataclass(frozen=True, slots=True)
class Tried:
    """The version of the weights and the probability from which on records link by themselves."""

    version: int
    links_from: float


async def preview_matching(
    database: Database, terms: Terms, tried: Tried, records_max: int, go_on: Callable[[], bool], now: datetime
) -> MatchingPreview:
    """Over the first records by system and id, until `go_on` says no. NotFound for a version that was not learned.

    Each page is recognised anew in a transaction that is rolled back, so what it tells is what would happen.
    """
    preview, after = MatchingPreview(), Node("", "")
    async with database.reading() as connection:
        learned = await weights_of(connection, tried.version)
        total = await connection.scalar(text("SELECT count(*) FROM likeness")) or 0
    while preview.links.records < min(total, records_max) and go_on():
        limit = min(PAGE, records_max - preview.links.records)
        try:
            async with database.transaction() as connection:
                after = await _page(connection, after, limit, (tried, learned, terms), preview, now)
                raise _Undo
        except _Undo:
            pass
    preview.golden.complete = preview.links.records >= total
    return preview


async def _page(
    connection: AsyncConnection,
    after: Node,
    limit: int,
    asked: tuple[Tried, Learned, Terms],
    preview: MatchingPreview,
    now: datetime,
) -> Node:
    tried, learned, terms = asked
    persons = await likenesses_behind(connection, after, limit)
    found = await find_links(connection, persons, tried.version, learned, tried.links_from)
    stood = await links_among(connection, persons)
    preview.links.add(persons, stood, found)
    # A link belongs to the page of its smaller record; the others stay as they are.
    others = {pair: bits for pair, bits in stood.items() if pair[0] not in persons}
    wanted: dict[Pair, float] = {**others, **{pair: bits for pair, bits in found.items() if pair[0] in persons}}
    differing = {node for pair in wanted.keys() ^ stood.keys() for node in pair}
    if differing:
        spelling = Spelling(terms.before.region)
        await lock_customers(connection, {}, spelling, differing)
        before = await fellows_of(connection, differing)
        stood_out = await cases_of(connection, set(before.values()))
        await rewrite_links(connection, persons.keys(), wanted)
        silent = replace(terms.after, survivorship=replace(terms.after.survivorship, outward={}))
        await recognise(connection, differing, Held(), silent, now, spelling)
        later = await fellows_of(connection, before)
        stand_out = await cases_of(connection, set(later.values()))
        await _tell(connection, (before, stood_out), (later, stand_out), terms, preview.golden)
    return max(persons)


_Owned: TypeAlias = tuple[Mapping[Node, UUID], Mapping[UUID, Cases]]
"""Whose each record is, and the conflicts of these customers."""


async def _tell(connection: AsyncConnection, before: _Owned, later: _Owned, terms: Terms, preview: RulePreview) -> None:
    nodes = list(before[0].keys() | later[0].keys())
    images, pins = await images_of(connection, nodes), await pins_of(connection, nodes)

    def goldens(owned: _Owned) -> Mapping[UUID, tuple[list[SourceImage], Golden]]:
        owners, cases = owned
        groups: dict[UUID, list[Node]] = defaultdict(list)
        for node, owner in sorted(owners.items()):
            groups[owner].append(node)
        said = {owner: [images[node] for node in of if node in images] for owner, of in groups.items()}
        pinned = {
            owner: [*(pin for node in of for pin in pins.get(node, ())), *decided(cases.get(owner, {}))]
            for owner, of in groups.items()
        }
        rules, spelling = terms.before.survivorship, Spelling(terms.before.region)
        return {owner: (one, survive(one, rules, spelling, pinned[owner])) for owner, one in said.items() if one}

    now, then = goldens(before), goldens(later)
    wanted = {write for said, golden in now.values() for write in writes_of(said, golden, terms.before)}
    for said, golden in then.values():
        for write in writes_of(said, golden, terms.before) - wanted:
            preview.writes[write.node.system, write.field] += 1
    for customer_id, (said, golden) in now.items():
        preview.customers += 1
        compare(customer_id, golden, then[later[0][said[0].node]][1], terms, preview)
