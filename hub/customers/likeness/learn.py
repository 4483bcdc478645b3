"""Learn the weights from the company's own records, without labels but with what stewards decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg
from sqlalchemy import text

from hub.customers.identifiers import Node
from hub.customers.likeness.keep import write_likenesses
from hub.customers.likeness.weights import Learned, activate, propose
from hub.matching.decide import Pair
from hub.matching.match import Told, know, match
from hub.matching.person import Person
from hub.records.customer import CustomerRecord
from hub.store.engine import Database

PAGE: Final = 1000
RECORDS_MAX: Final = 200_000
"""Learned from so many records at most: those that were decided about, and others drawn by a hash of their ids. More
would not change the weights."""

_DRAWN: Final = """
WITH decided AS MATERIALIZED (
  SELECT system_a AS system, external_id_a AS external_id FROM steward_decision
  UNION SELECT system_b, external_id_b FROM steward_decision),
drawn AS (
  SELECT l.system, l.external_id, l.fields, hashtext(l.system || l.external_id) AS place
  FROM likeness l JOIN source_record s
    ON s.system = l.system AND s.entity = 'customer' AND s.external_id = l.external_id
  LEFT JOIN decided d ON d.system = l.system AND d.external_id = l.external_id
  WHERE NOT s.deleted ORDER BY d.system IS NULL, place, l.system, l.external_id LIMIT $1)
SELECT system, external_id, fields FROM drawn ORDER BY place, system, external_id"""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learned from, and how many pairs the new weights take for matches among it."""

    version: int
    records: int
    decisions: int
    matches: int


async def learn_weights(
    database: Database, dsn: str, now: datetime, told: Told, *, decides: bool, most: int = RECORDS_MAX
) -> Lesson:
    """Fill in the likenesses that are missing, learn, and propose the new version, or let it decide at once.

    From the first transaction on pages keep likenesses themselves, so none is missed between filling and deciding.
    """
    async with database.transaction() as connection:
        version: int = await connection.scalar(
            text(
                """INSERT INTO likeness_weights (state, learned_at, records, matches, document)
                   VALUES ('LEARNING', :now, 0, 0, '{}') RETURNING version"""
            ),
            {"now": now},
        )
    await _fill(database, told)
    raw = await asyncpg.connect(dsn)
    try:
        rows = await raw.fetch(_DRAWN, most)
        nodes = {Node(row["system"], row["external_id"]): place for place, row in enumerate(rows)}
        known = know((Person(*row["fields"]) for row in rows), lambda: None)
        decided = await _decided(raw, nodes)
        matches = await match(raw, known, told, decided)
    finally:
        await raw.close()
    async with database.transaction() as connection:
        learned = Learned(matches.weights, matches.frequent.known)
        await propose(connection, version, learned, known.people, matches.frequent, len(matches.pairs))
        await connection.execute(
            text("UPDATE likeness_weights SET records = :records WHERE version = :version"),
            {"records": len(rows), "version": version},
        )
        if decides:
            await activate(connection, version)
    return Lesson(version, len(rows), len(decided), len(matches.pairs))


async def _fill(database: Database, told: Told) -> None:
    """Likenesses of all source customers, page by page; an apply in hand waits for these rows, and comes after."""
    after = Node("", "")
    done = 0
    while True:
        async with database.transaction() as connection:
            rows = (
                await connection.execute(
                    text(
                        """SELECT system, external_id, document::text FROM source_record
                           WHERE entity = 'customer' AND document IS NOT NULL
                             AND (system, external_id) > (:system, :external_id)
                           ORDER BY system, external_id LIMIT :page FOR SHARE"""
                    ),
                    {**after._asdict(), "page": PAGE},
                )
            ).all()
            records = {Node(row[0], row[1]): CustomerRecord.model_validate_json(row[2]) for row in rows}
            if records:
                await write_likenesses(connection, records)
        if len(rows) < PAGE:
            return
        after, done = Node(rows[-1][0], rows[-1][1]), done + len(rows)
        told(f"Keeping likenesses, {done:,}", 0.0)


async def _decided(raw: asyncpg.Connection[asyncpg.Record], nodes: Mapping[Node, int]) -> dict[Pair, bool]:
    decided = {}
    for row in await raw.fetch("SELECT * FROM steward_decision"):
        a = nodes.get(Node(row["system_a"], row["external_id_a"]))
        b = nodes.get(Node(row["system_b"], row["external_id_b"]))
        if a is not None and b is not None:
            decided[min(a, b), max(a, b)] = row["verdict"] == "SAME"
    return decided
