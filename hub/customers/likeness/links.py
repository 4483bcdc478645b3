"""Which source records are probably one person: pairs kept beside the likenesses, per version of the weights.

A pair is looked at when it shares a telling key. What is kept depends on the two records, the weights and the bands
and on nothing else, so it is the same in whatever order records came. One exception, on which no order hangs while
records only come: a key that has ever been crowded is followed no more until other weights decide.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.customers.likely import Pair
from hub.customers.likeness.judging import fields_of, judged
from hub.customers.likeness.weights import Learned
from hub.matching.keys import telling_keys
from hub.matching.person import Person
from hub.store.sets import run_set

CROWD: Final = 200
"""A key of more records than this belongs to many people: a default date, a sandbox's phone."""


async def neighbours_of(connection: AsyncConnection, persons: Mapping[Node, Person]) -> set[Pair]:
    """Pairs of these records with others of another system that share a telling key, the smaller record first."""
    keys = {node: telling_keys(person) for node, person in persons.items()}
    carriers = await _carriers(connection, keys)
    return {
        (min(node, other), max(node, other))
        for node, own in keys.items()
        for key in own
        if len(carriers.get(key, ())) <= CROWD
        for other in carriers.get(key, ())
        if other.system != node.system
    }


async def remember_crowds(connection: AsyncConnection, persons: Mapping[Node, Person]) -> None:
    """A key of theirs that turns out to be crowded links nobody any more; all who have it are to be judged again."""
    carriers = await _carriers(connection, {node: telling_keys(person) for node, person in persons.items()})
    crowded = sorted(key for key, nodes in carriers.items() if len(nodes) > CROWD)
    if crowded:
        await connection.execute(
            text(
                """WITH crowd AS (INSERT INTO likeness_crowd (key) SELECT unnest(CAST(:keys AS bigint[]))
                     ON CONFLICT DO NOTHING RETURNING key)
                   UPDATE likeness l SET judged_by = 0 FROM likeness_key k JOIN crowd c ON c.key = k.key
                   WHERE l.system = k.system AND l.external_id = k.external_id AND l.judged_by <> 0"""
            ),
            {"keys": crowded},
        )


async def links_among(connection: AsyncConnection, nodes: Collection[Node]) -> dict[Pair, float]:
    """The kept links of these records, whoever the other one is, with their bits."""
    if not nodes:
        return {}
    rows = await run_set(
        connection,
        """SELECT DISTINCT l.system_a, l.external_id_a, l.system_b, l.external_id_b, l.bits
           FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text)
           CROSS JOIN LATERAL (
             SELECT * FROM likeness_link a WHERE a.system_a = r.system AND a.external_id_a = r.external_id
             UNION ALL
             SELECT * FROM likeness_link b WHERE b.system_b = r.system AND b.external_id_b = r.external_id) l""",
        [node._asdict() for node in nodes],
    )
    return {(Node(row[0], row[1]), Node(row[2], row[3])): row[4] for row in rows.all()}


async def rewrite_links(connection: AsyncConnection, nodes: Collection[Node], links: Mapping[Pair, float]) -> set[Node]:
    """Keep exactly `links` of these records; the answer are all records whose links changed."""
    before = await links_among(connection, nodes)
    gone = [pair for pair, bits in before.items() if links.get(pair) != bits]
    new = [(a, b, bits) for (a, b), bits in links.items() if before.get((a, b)) != bits]
    if gone:
        await run_set(
            connection,
            """DELETE FROM likeness_link l USING json_to_recordset(CAST(:rows AS json))
                 AS r(sa text, ea text, sb text, eb text)
               WHERE l.system_a = r.sa AND l.external_id_a = r.ea AND l.system_b = r.sb AND l.external_id_b = r.eb""",
            [_row(pair) for pair in gone],
        )
    if new:
        await run_set(
            connection,
            """INSERT INTO likeness_link (system_a, external_id_a, system_b, external_id_b, bits)
               SELECT r.sa, r.ea, r.sb, r.eb, r.bits FROM json_to_recordset(CAST(:rows AS json))
                 AS r(sa text, ea text, sb text, eb text, bits double precision)""",
            [{**_row((a, b)), "bits": bits} for a, b, bits in new],
        )
    return {node for pair in gone for node in pair} | {node for a, b, _ in new for node in (a, b)}


async def find_links(
    connection: AsyncConnection,
    persons: Mapping[Node, Person],
    version: int,
    learned: Learned,
    least: float,
) -> dict[Pair, float]:
    """Bits of the pairs of these records with anybody that are one person with a probability of `least` at least."""
    pairs = await neighbours_of(connection, persons)
    others = {node for pair in pairs for node in pair} - persons.keys()
    everybody = {**persons, **await fields_of(connection, others)}
    found = await judged(connection, everybody, sorted(pairs), version, learned)
    return {pair: judgement.bits for pair, judgement in found.items() if judgement.probability >= least}


def _row(pair: Pair) -> dict[str, str]:
    (system_a, id_a), (system_b, id_b) = pair
    return {"sa": system_a, "ea": id_a, "sb": system_b, "eb": id_b}


async def _carriers(connection: AsyncConnection, keys_of: Mapping[Node, frozenset[int]]) -> dict[int, Sequence[Node]]:
    """Per key at most one more than a crowd; keys that were crowded before are left out."""
    keys = frozenset[int]().union(*keys_of.values())
    rows = await connection.execute(
        text(
            """SELECT k.key, m.system, m.external_id FROM unnest(CAST(:keys AS bigint[])) AS k(key)
               CROSS JOIN LATERAL (SELECT system, external_id FROM likeness_key m WHERE m.key = k.key LIMIT :most) m
               WHERE NOT EXISTS (SELECT FROM likeness_crowd c WHERE c.key = k.key)"""
        ),
        {"keys": sorted(keys), "most": CROWD + 1},
    )
    found: dict[int, list[Node]] = {}
    for key, system, external_id in rows:
        found.setdefault(key, []).append(Node(system, external_id))
    return dict(found)
