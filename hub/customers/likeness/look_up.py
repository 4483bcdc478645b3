"""Who a person might be, within milliseconds: keys by index, then a comparison with those few who share one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.customers.likeness.weights import active_weights
from hub.matching.person import Person
from hub.matching.score import Commonness, Score, score, telling_value
from hub.store.sets import run_set

SHARED_MAX: Final = 60
"""A key that so many records share tells nothing alone; their other keys find them."""
COMPARED_MAX: Final = 80
FOUND_MAX: Final = 25
MATCH: Final = 0.95
REVIEW: Final = 0.05


class MatchBand(StrEnum):
    """MATCH: the same person for all we know. REVIEW: for a steward. Below is NEW, and not listed."""

    MATCH = "MATCH"
    REVIEW = "REVIEW"


@dataclass(frozen=True, slots=True)
class Found:
    """A record that might be the person's, the customer it belongs to, and what speaks for it."""

    node: Node
    customer: UUID
    band: MatchBand
    score: Score
    version: int


async def look_up(
    connection: AsyncConnection, person: Person, keys: Collection[int], but: Collection[Node] = ()
) -> list[Found]:
    """Living records of others that might be `person`, likeliest first, at most FOUND_MAX.

    Empty before weights were learned. The answer depends on the stored records, the weights' version and nothing else.
    """
    active = await active_weights(connection)
    if active is None:
        return []
    version, learned = active
    nodes, others = await _sharing(connection, keys, but)
    common = Commonness(await _persons(connection, version, person), learned.known)
    found = score(person, others, learned.weights, common, REVIEW)
    scored = [(nodes[place], of) for place, of in found.items()]
    scored.sort(key=lambda row: (-row[1].probability, row[0]))
    if not scored:
        return []
    owners = await _owners(connection, [node for node, _ in scored[:FOUND_MAX]])
    return [
        Found(node, owners[node], MatchBand.MATCH if of.probability >= MATCH else MatchBand.REVIEW, of, version)
        for node, of in scored[:FOUND_MAX]
        if node in owners
    ]


async def _sharing(
    connection: AsyncConnection, keys: Collection[int], but: Collection[Node]
) -> tuple[list[Node], list[Person]]:
    rows = await connection.execute(
        text(
            """WITH hit AS (
                 SELECT k.key, m.system, m.external_id, count(*) OVER (PARTITION BY k.key) AS carriers
                 FROM unnest(CAST(:keys AS bigint[])) AS k(key) CROSS JOIN LATERAL (
                   SELECT system, external_id FROM likeness_key m WHERE m.key = k.key LIMIT :shared) m),
               chosen AS (
                 SELECT system, external_id, count(*) AS together FROM hit WHERE carriers < :shared
                 GROUP BY system, external_id ORDER BY together DESC, system, external_id LIMIT :compared)
               SELECT c.system, c.external_id, l.fields FROM chosen c CROSS JOIN LATERAL (
                 SELECT fields FROM likeness p WHERE p.system = c.system AND p.external_id = c.external_id LIMIT 1) l"""
        ),
        {"keys": sorted(keys), "shared": SHARED_MAX, "compared": COMPARED_MAX + len(but)},
    )
    found = [(Node(row[0], row[1]), Person(*row[2])) for row in rows]
    kept = [row for row in found if row[0] not in but]
    return [node for node, _ in kept], [person for _, person in kept]


async def _persons(connection: AsyncConnection, version: int, person: Person) -> dict[tuple[str, str], int]:
    values = [
        {"field": field, "value": telling_value(field, value)}
        for field, value in zip(Person._fields, person, strict=True)
        if value
    ]
    rows = await run_set(
        connection,
        """SELECT f.field, f.value, f.persons
           FROM json_to_recordset(CAST(:rows AS json)) AS r(field text, value text)
           CROSS JOIN LATERAL (SELECT * FROM likeness_frequency o
             WHERE o.version = :version AND o.field = r.field AND o.value = r.value LIMIT 1) f""",
        values,
        version=version,
    )
    return {(field, value): persons for field, value, persons in rows.all()}


async def _owners(connection: AsyncConnection, nodes: Sequence[Node]) -> dict[Node, UUID]:
    rows = await run_set(
        connection,
        """SELECT r.system, r.external_id, c.customer_id
           FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text)
           CROSS JOIN LATERAL (SELECT i.customer_id FROM customer_identifier i JOIN source_record s
               ON s.system = i.system AND s.entity = 'customer' AND s.external_id = i.external_id AND NOT s.deleted
             WHERE i.system = r.system AND i.external_id = r.external_id LIMIT 1) c""",
        [node._asdict() for node in nodes],
    )
    return {Node(system, external_id): customer for system, external_id, customer in rows.all()}
