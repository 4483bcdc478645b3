"""Who a person might be, within milliseconds: keys by index, then a comparison with those few who share most."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.customers.likeness.bands import Bands, MatchBand
from hub.customers.likeness.weights import Learned, remembered_weights
from hub.matching.pairs_of import told_values
from hub.matching.person import Person
from hub.matching.score import Commonness, Score
from hub.store.fetch import fetch

SHARED_MAX: Final = 60
"""A key that so many records share tells nothing alone; their other keys find them."""
COMPARED_MAX: Final = 30
"""Of those who share a key the ones with most, and rarest, in common; the right one is seldom beyond the twentieth."""
FOUND_MAX: Final = 25
OWNED_FIRST: Final = 3
"""Of so many of those compared, who share most, it is asked at once whose they are: the likely ones are among them."""


@dataclass(frozen=True, slots=True)
class Found:
    """A record that might be the person's, the customer it belongs to, and what speaks for it."""

    node: Node
    customer: UUID
    band: MatchBand
    score: Score
    version: int


_OWNER: Final = """
  SELECT o.customer_id FROM customer_identifier o
  WHERE o.system = {row}.system AND o.external_id = {row}.external_id AND EXISTS (
    SELECT FROM source_record s WHERE s.system = {row}.system AND s.entity = 'customer'
      AND s.external_id = {row}.external_id AND NOT s.deleted)
  LIMIT 1"""
"""Whose a record is; nobody's when its system has it no more."""

_LOOK_UP: Final = f"""
WITH active AS MATERIALIZED (
  SELECT version, md5(document::text) AS digest FROM likeness_weights WHERE state = 'ACTIVE' LIMIT 1),
hit AS MATERIALIZED (
  SELECT m.system, m.external_id, m.carriers
  FROM unnest($1::bigint[]) AS k(key) CROSS JOIN LATERAL (
    SELECT system, external_id, count(*) OVER () AS carriers FROM (
      SELECT system, external_id FROM likeness_key o WHERE o.key = k.key LIMIT {SHARED_MAX}) o) m
  WHERE EXISTS (SELECT FROM active) AND m.carriers < {SHARED_MAX}),
chosen AS MATERIALIZED (
  SELECT system, external_id, row_number() OVER (ORDER BY common DESC, system, external_id) <= $5 AS first
  FROM (SELECT system, external_id, sum(1000000 + 1000000 / carriers) AS common FROM hit GROUP BY 1, 2) h
  ORDER BY common DESC, system, external_id LIMIT $4)
SELECT NULL AS system, version::text AS external_id, NULL AS first, NULL AS owner, ARRAY[digest, (
    SELECT json_agg(json_build_array(f.field, f.value, f.persons))::text
    FROM unnest($2::text[], $3::text[]) AS r(field, value) CROSS JOIN LATERAL (
      SELECT * FROM likeness_frequency o
      WHERE o.version = active.version AND o.field = r.field AND o.value = r.value LIMIT 1) f)] AS fields
FROM active
UNION ALL
SELECT c.system, c.external_id, c.first, CASE WHEN c.first THEN ({_OWNER.format(row="c")}) END, l.fields
FROM chosen c
CROSS JOIN LATERAL (
  SELECT fields FROM likeness p WHERE p.system = c.system AND p.external_id = c.external_id LIMIT 1) l
"""  # noqa: S608  numbers of ours


_OWNERS: Final = f"""
SELECT r.system, r.external_id, ({_OWNER.format(row="r")}) AS owner
FROM unnest($1::text[], $2::text[]) AS r(system, external_id)
"""  # noqa: S608


async def look_up(
    connection: AsyncConnection, person: Person, keys: Collection[int], bands: Bands, but: Collection[Node] = ()
) -> list[Found]:
    """Living records of others that might be `person`, likeliest first, at most FOUND_MAX.

    Empty before weights decide. The answer depends on the stored records, the weights' version and nothing else. One
    statement, told to PostgreSQL without SQLAlchemy in between, which would take longer than the search; a second one
    where others than those who share most are likely.
    """
    values = sorted(told_values([person]))
    fields, texts = [field for field, _ in values], [value for _, value in values]
    rows = await fetch(
        connection, _LOOK_UP, sorted(keys), fields, texts, COMPARED_MAX + len(but), OWNED_FIRST + len(but)
    )
    head = next((row for row in rows if row["system"] is None), None)
    if head is None:
        return []
    version, (digest, persons) = int(head["external_id"]), head["fields"]
    learned = await remembered_weights(connection, version, digest)
    frequent = {(field, value): count for field, value, count in orjson.loads(persons or b"[]")}
    common = Commonness(frequent, learned.known)
    others = {_node(row): Person(*row["fields"]) for row in rows if row["system"] is not None}
    likely = _likely(person, {n: other for n, other in others.items() if n not in but}, learned, common, bands)
    owners = {_node(row): row["owner"] for row in rows if row["first"]}
    if later := [node for node in likely if node not in owners]:
        owners |= await _owners(connection, later)
    return [
        Found(node, owner, bands.of(of.probability), of, version)
        for node, of in likely.items()
        if (owner := owners[node]) is not None
    ]


def _likely(
    person: Person, others: Mapping[Node, Person], learned: Learned, common: Commonness, bands: Bands
) -> dict[Node, Score]:
    """The likeliest first."""
    nodes = list(others)
    found = learned.scales.score(person, list(others.values()), common, bands.review)
    ranked = sorted(((nodes[place], of) for place, of in found.items()), key=lambda one: (-one[1].probability, one[0]))
    return dict(ranked[:FOUND_MAX])


async def _owners(connection: AsyncConnection, nodes: Collection[Node]) -> dict[Node, UUID | None]:
    systems, ids = [node.system for node in nodes], [node.external_id for node in nodes]
    return {_node(row): row["owner"] for row in await fetch(connection, _OWNERS, systems, ids)}


def _node(row: asyncpg.Record) -> Node:
    return Node(row["system"], row["external_id"])
