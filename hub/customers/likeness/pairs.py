"""Pairs of records as rows, the smaller record first: of links, and of cases for a steward."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.customers.likely import Pair
from hub.store.sets import run_set

PairTable: TypeAlias = Literal["likeness_link", "likeness_case"]


@dataclass(frozen=True, slots=True)
class PairChange:
    """What has to be removed before what is new can be written; a pair of other bits is in both."""

    gone: Sequence[Pair]
    new: Mapping[Pair, float]


def changed_pairs(before: Mapping[Pair, float], after: Mapping[Pair, float]) -> PairChange:
    """From the kept pairs to those wanted, by their bits."""
    return PairChange(
        [pair for pair, bits in before.items() if after.get(pair) != bits],
        {pair: bits for pair, bits in after.items() if before.get(pair) != bits},
    )


async def pairs_among(connection: AsyncConnection, table: PairTable, nodes: Collection[Node]) -> dict[Pair, float]:
    """The kept pairs of these records, whoever the other one is, with their bits."""
    if not nodes:
        return {}
    rows = await run_set(
        connection,
        f"""SELECT DISTINCT l.system_a, l.external_id_a, l.system_b, l.external_id_b, l.bits
           FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text)
           CROSS JOIN LATERAL (
             SELECT * FROM {table} a WHERE a.system_a = r.system AND a.external_id_a = r.external_id
             UNION ALL
             SELECT * FROM {table} b WHERE b.system_b = r.system AND b.external_id_b = r.external_id) l""",  # noqa: S608
        [node._asdict() for node in nodes],
    )
    return {(Node(row[0], row[1]), Node(row[2], row[3])): row[4] for row in rows.all()}


async def forget_pairs(connection: AsyncConnection, table: PairTable, pairs: Collection[Pair]) -> None:
    """Remove these rows; those that are not there are no error."""
    if pairs:
        await run_set(
            connection,
            f"""DELETE FROM {table} l USING json_to_recordset(CAST(:rows AS json))
                 AS r(sa text, ea text, sb text, eb text)
               WHERE l.system_a = r.sa AND l.external_id_a = r.ea
                 AND l.system_b = r.sb AND l.external_id_b = r.eb""",  # noqa: S608  tables of ours
            [row_of(pair) for pair in pairs],
        )


def row_of(pair: Pair) -> dict[str, str]:
    """As the statements over pairs read it."""
    (system_a, id_a), (system_b, id_b) = pair
    return {"sa": system_a, "ea": id_a, "sb": system_b, "eb": id_b}
