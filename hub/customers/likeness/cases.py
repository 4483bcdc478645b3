"""Pairs of records for a steward to review: alike, of two customers, and not joined by themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.customers.likely import Pair
from hub.customers.likeness.judging import fields_of, persons_with
from hub.customers.likeness.pairs import changed_pairs, forget_pairs, pairs_among, row_of
from hub.customers.likeness.weights import active_weights
from hub.matching.pairs_of import Judgement
from hub.matching.score import Commonness, Score
from hub.store.sets import run_set

_NEW: Final = """
INSERT INTO likeness_case (system_a, external_id_a, system_b, external_id_b, bits, found_at)
SELECT r.sa, r.ea, r.sb, r.eb, r.bits, :now
FROM json_to_recordset(CAST(:rows AS json)) AS r(sa text, ea text, sb text, eb text, bits double precision)
CROSS JOIN LATERAL (SELECT FROM likeness a WHERE a.system = r.sa AND a.external_id = r.ea FOR KEY SHARE) a
CROSS JOIN LATERAL (SELECT FROM likeness b WHERE b.system = r.sb AND b.external_id = r.eb FOR KEY SHARE) b
ON CONFLICT DO NOTHING
"""
"""A record that went meanwhile brings no case."""

_APART: Final = """
SELECT r.sa, r.ea, r.sb, r.eb
FROM json_to_recordset(CAST(:rows AS json)) AS r(sa text, ea text, sb text, eb text)
CROSS JOIN LATERAL (
  SELECT customer_id FROM customer_identifier i WHERE i.system = r.sa AND i.external_id = r.ea LIMIT 1) a
CROSS JOIN LATERAL (
  SELECT customer_id FROM customer_identifier i WHERE i.system = r.sb AND i.external_id = r.eb LIMIT 1) b
WHERE a.customer_id <> b.customer_id
"""


async def rewrite_cases(
    connection: AsyncConnection,
    nodes: Collection[Node],
    near: Mapping[Pair, Judgement],
    least: float,
    now: datetime,
) -> None:
    """Keep of these records the pairs of `near` with a probability of `least` at least that are two customers.

    The records need not be held: whoever changed meanwhile is waiting to be judged, and writes his cases anew.
    """
    likely = {pair: judgement.bits for pair, judgement in near.items() if judgement.probability >= least}
    apart = await _apart(connection, likely)
    before = await pairs_among(connection, "likeness_case", nodes)
    change = changed_pairs(before, {pair: likely[pair] for pair in apart})
    await forget_pairs(connection, "likeness_case", change.gone)
    if change.new:
        await run_set(
            connection, _NEW, [{**row_of(pair), "bits": bits} for pair, bits in sorted(change.new.items())], now=now
        )


async def explained(connection: AsyncConnection, pairs: Sequence[Pair]) -> dict[Pair, Score]:
    """What each field says of these pairs by the weights that decide now; none of whom a likeness is gone."""
    active = await active_weights(connection)
    if active is None:
        return {}
    version, learned = active
    persons = await fields_of(connection, {node for pair in pairs for node in pair})
    common = Commonness(await persons_with(connection, version, list(persons.values())), learned.known)
    return {
        (a, b): learned.scales.score(persons[a], [persons[b]], common, 0.0)[0]
        for a, b in pairs
        if a in persons and b in persons
    }


async def _apart(connection: AsyncConnection, pairs: Collection[Pair]) -> set[Pair]:
    if not pairs:
        return set()
    rows = await run_set(connection, _APART, [row_of(pair) for pair in sorted(pairs)])
    return {(Node(row.sa, row.ea), Node(row.sb, row.eb)) for row in rows.all()}
