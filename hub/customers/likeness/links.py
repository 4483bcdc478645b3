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
from hub.customers.likeness.pairs import changed_pairs, forget_pairs, pairs_among, row_of
from hub.customers.likeness.weights import Learned
from hub.matching.keys import telling_keys
from hub.matching.pairs_of import Judgement
from hub.matching.person import Person
from hub.store.sets import run_set

CROWD: Final = 200
"""A key of more records than this belongs to many people: a default date, a sandbox's phone."""
RARE: Final = 60
"""Within one system, which keeps most people apart already, only rarer keys are worth a look."""


async def neighbours_of(
    connection: AsyncConnection, persons: Mapping[Node, Person], *, numbered_apart: bool = False
) -> set[Pair]:
    """Pairs of these records with others of another system that share a telling key, the smaller record first.

    `numbered_apart`: with others of their own system as well, where no more than RARE share the key.
    """
    keys = {node: telling_keys(person) for node, person in persons.items()}
    carriers = await _carriers(connection, keys)
    return {
        (min(node, other), max(node, other))
        for node, own in keys.items()
        for key in own
        if len(carriers.get(key, ())) <= CROWD
        for other in carriers.get(key, ())
        if other.system != node.system or (numbered_apart and other != node and len(carriers.get(key, ())) <= RARE)
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
    return await pairs_among(connection, "likeness_link", nodes)


async def rewrite_links(connection: AsyncConnection, nodes: Collection[Node], links: Mapping[Pair, float]) -> set[Node]:
    """Keep exactly `links` of these records; the answer are all records whose links changed."""
    change = changed_pairs(await links_among(connection, nodes), links)
    await forget_pairs(connection, "likeness_link", change.gone)
    if change.new:
        await run_set(
            connection,
            """INSERT INTO likeness_link (system_a, external_id_a, system_b, external_id_b, bits)
               SELECT r.sa, r.ea, r.sb, r.eb, r.bits FROM json_to_recordset(CAST(:rows AS json))
                 AS r(sa text, ea text, sb text, eb text, bits double precision)""",
            [{**row_of(pair), "bits": bits} for pair, bits in change.new.items()],
        )
    return {node for pair in (*change.gone, *change.new) for node in pair}


async def judge_near(
    connection: AsyncConnection,
    persons: Mapping[Node, Person],
    version: int,
    learned: Learned,
    *,
    numbered_apart: bool = False,
) -> dict[Pair, Judgement]:
    """What the weights say of the pairs of these records with anybody; `numbered_apart` as `neighbours_of`."""
    pairs = await neighbours_of(connection, persons, numbered_apart=numbered_apart)
    others = {node for pair in pairs for node in pair} - persons.keys()
    everybody = {**persons, **await fields_of(connection, others)}
    return await judged(connection, everybody, sorted(pairs), version, learned)


async def find_links(
    connection: AsyncConnection,
    persons: Mapping[Node, Person],
    version: int,
    learned: Learned,
    least: float,
) -> dict[Pair, float]:
    """Bits of the pairs of these records with anybody that are one person with a probability of `least` at least."""
    found = await judge_near(connection, persons, version, learned)
    return {pair: judgement.bits for pair, judgement in found.items() if judgement.probability >= least}


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
