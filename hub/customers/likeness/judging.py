"""Judge pairs of kept likenesses by the weights that decide."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.customers.likely import Pair
from hub.customers.likeness.weights import Learned
from hub.matching.pairs_of import Judgement, judge_pairs, told_values
from hub.matching.person import Person
from hub.matching.score import Commonness
from hub.store.sets import run_set


async def fields_of(connection: AsyncConnection, nodes: Collection[Node]) -> dict[Node, Person]:
    """Those of the records of which a likeness is kept."""
    rows = await run_set(
        connection,
        """SELECT l.system, l.external_id, l.fields
           FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text)
           CROSS JOIN LATERAL (SELECT * FROM likeness p
             WHERE p.system = r.system AND p.external_id = r.external_id LIMIT 1) l""",
        [node._asdict() for node in nodes],
    )
    return {Node(system, external_id): Person(*fields) for system, external_id, fields in rows.all()}


async def judged(
    connection: AsyncConnection,
    persons: Mapping[Node, Person],
    pairs: Sequence[Pair],
    version: int,
    learned: Learned,
) -> dict[Pair, Judgement]:
    """Of pairs, the smaller record first, of which both persons are given: the same whoever else is asked about."""
    known = [(a, b) for a, b in pairs if a in persons and b in persons]
    nodes = sorted({node for pair in known for node in pair})
    place = {node: number for number, node in enumerate(nodes)}
    asked = [persons[node] for node in nodes]
    common = Commonness(await persons_with(connection, version, asked), learned.known)
    found = judge_pairs(asked, [(place[a], place[b]) for a, b in known], learned.weights, common)
    return dict(zip(known, found, strict=True))


async def persons_with(
    connection: AsyncConnection, version: int, persons: Sequence[Person]
) -> dict[tuple[str, str], int]:
    """Of how many persons each of their values was when the weights were learned, where of more than one."""
    values = sorted(told_values(persons))
    rows = await connection.execute(
        text(
            """SELECT f.field, f.value, f.persons
               FROM unnest(CAST(:fields AS text[]), CAST(:values AS text[])) AS r(field, value)
               CROSS JOIN LATERAL (SELECT * FROM likeness_frequency o
                 WHERE o.version = :version AND o.field = r.field AND o.value = r.value LIMIT 1) f"""
        ),
        {"fields": [field for field, _ in values], "values": [value for _, value in values], "version": version},
    )
    return {(field, value): count for field, value, count in rows}
