"""Which other customers a customer might be, for a steward to decide."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.customers.likeness.bands import Bands, MatchBand
from hub.customers.likeness.look_up import Found, look_up
from hub.customers.likeness.person import keys_of_record, person_of
from hub.records.customer import CustomerRecord

RECORDS_MAX: Final = 10
"""So many of a customer's records are looked up."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """`record` is the customer's own, `found` the other's; `same_system` says that one system numbers them apart."""

    record: Node
    found: Found
    same_system: bool


async def candidates_of(connection: AsyncConnection, customer: UUID, bands: Bands) -> list[Candidate]:
    """One per other customer, by the pair of records that speaks most for it, likeliest first.

    What a steward declared different is left out for good. Customers whom one system knows under two numbers are never
    more than REVIEW: only a steward makes them one.
    """
    own = await _records(connection, customer)
    numbered = await _nodes(connection, customer)
    best: dict[UUID, Candidate] = {}
    for node, record in own:
        person = person_of(record)
        apart = await _declared_different(connection, node)
        for found in await look_up(connection, person, keys_of_record(record, person), bands, {*numbered, *apart}):
            known = best.get(found.customer)
            if known is None or known.found.score.probability < found.score.probability:
                best[found.customer] = Candidate(node, found, same_system=False)
    judged = [await _judged(connection, candidate, numbered) for candidate in best.values()]
    kept = [candidate for candidate in judged if candidate is not None]
    return sorted(kept, key=lambda c: (-c.found.score.probability, c.found.node))


async def _judged(connection: AsyncConnection, candidate: Candidate, own: Collection[Node]) -> Candidate | None:
    theirs = await _nodes(connection, candidate.found.customer)
    for node in own:
        if not (await _declared_different(connection, node)).isdisjoint(theirs):
            return None
    same = not {node.system for node in own}.isdisjoint(node.system for node in theirs)
    found = replace(candidate.found, band=MatchBand.REVIEW) if same else candidate.found
    return Candidate(candidate.record, found, same)


async def _nodes(connection: AsyncConnection, customer: UUID) -> set[Node]:
    rows = await connection.execute(
        text("SELECT system, external_id FROM customer_identifier WHERE customer_id = :customer"),
        {"customer": customer},
    )
    return {Node(row[0], row[1]) for row in rows}


async def _records(connection: AsyncConnection, customer: UUID) -> Sequence[tuple[Node, CustomerRecord]]:
    rows = await connection.execute(
        text(
            """SELECT s.system, s.external_id, s.document::text FROM customer_identifier i JOIN source_record s
                 ON s.system = i.system AND s.entity = 'customer' AND s.external_id = i.external_id
               WHERE i.customer_id = :customer AND NOT s.deleted AND s.document IS NOT NULL
               ORDER BY s.system, s.external_id LIMIT :most"""
        ),
        {"customer": customer, "most": RECORDS_MAX},
    )
    return [(Node(row[0], row[1]), CustomerRecord.model_validate_json(row[2])) for row in rows]


async def _declared_different(connection: AsyncConnection, node: Node) -> set[Node]:
    rows = await connection.execute(
        text(
            """SELECT system_b, external_id_b FROM steward_decision
               WHERE verdict = 'DIFFERENT' AND system_a = :system AND external_id_a = :external_id
               UNION SELECT system_a, external_id_a FROM steward_decision
               WHERE verdict = 'DIFFERENT' AND system_b = :system AND external_id_b = :external_id"""
        ),
        node._asdict(),
    )
    return {Node(row[0], row[1]) for row in rows}
