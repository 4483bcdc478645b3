"""Decisions about pairs of source records: who is the same person and who is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import combinations, product
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.errors import Invalid
from hub.store.sets import run_set

RECORDS_MAX: Final = 200
"""Source records that one act may be about: every pair across its sides is a decision."""


WORDS_MAX: Final = 32
"""Words that are kept beneath one on the same pair."""


class Verdict(StrEnum):
    """A steward's word on two records."""

    SAME = "SAME"
    DIFFERENT = "DIFFERENT"


def pairs_across(sides: Sequence[Sequence[Node]]) -> list[tuple[Node, Node]]:
    """Every pair of records from two different sides; Invalid when there are more records than one act may have."""
    if sum(len(side) for side in sides) > RECORDS_MAX:
        raise Invalid(f"more than {RECORDS_MAX} records of connected systems at once")
    return [pair for a, b in combinations(sides, 2) for pair in product(a, b)]


async def decide(
    connection: AsyncConnection, pairs: Iterable[tuple[Node, Node]], verdict: Verdict, principal: str, now: datetime
) -> None:
    """Write the verdict over whatever was said of these pairs before, which stays beneath it, the last WORDS_MAX of it.

    Recognition follows from it.
    """
    rows = [
        {"sa": a.system, "ea": a.external_id, "sb": b.system, "eb": b.external_id}
        for a, b in sorted({(min(pair), max(pair)) for pair in pairs})
    ]
    await run_set(
        connection,
        """INSERT INTO steward_decision AS d (system_a, external_id_a, system_b, external_id_b, verdict, principal,
             decided_at)
           SELECT r.sa, r.ea, r.sb, r.eb, :verdict, :principal, :now
           FROM json_to_recordset(CAST(:rows AS json)) AS r(sa text, ea text, sb text, eb text)
           ON CONFLICT (system_a, external_id_a, system_b, external_id_b) DO UPDATE SET verdict = excluded.verdict,
             principal = excluded.principal, decided_at = excluded.decided_at,
             beneath = CASE WHEN jsonb_array_length(d.beneath) < :most THEN d.beneath ELSE d.beneath - 0 END
               || jsonb_build_array(jsonb_build_array(d.verdict, d.principal, d.decided_at))""",
        rows,
        most=WORDS_MAX,
        verdict=verdict.value,
        principal=principal,
        now=now,
    )
