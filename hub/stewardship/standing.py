"""Merges that stand: which of a customer's records they made one, as far as nothing has undone it since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.customers.steward_tables import StewardActKind
from hub.stewardship.decide import Verdict, pairs_across
from hub.store.sets import run_set


@dataclass(frozen=True, slots=True)
class StandingMerge:
    """A merge; `survivor` is the id that stayed, `sides` has the records by whose they were until then."""

    id: UUID
    survivor: UUID
    principal: str
    at: datetime
    sides: Mapping[UUID, Sequence[Node]]


_MERGES: Final = """
SELECT a.id, a.customer_id, a.principal, a.at, r.system, r.external_id, r.former_id
FROM json_to_recordset(CAST(:rows AS json)) AS n(system text, external_id text)
JOIN steward_act_record r ON r.system = n.system AND r.external_id = n.external_id AND NOT r.along
JOIN steward_act a ON a.id = r.act_id AND a.kind = :merge ORDER BY a.at, a.id, r.system, r.external_id"""

_SAME: Final = """
SELECT d.system_a, d.external_id_a, d.system_b, d.external_id_b, d.decided_at
FROM json_to_recordset(CAST(:rows AS json)) AS n(system text, external_id text)
JOIN steward_decision d ON d.system_a = n.system AND d.external_id_a = n.external_id AND d.verdict = 'SAME'"""


async def standing_merges(connection: AsyncConnection, nodes: Collection[Node]) -> list[StandingMerge]:
    """Those that hold some of these records together, oldest first; of each only its sides among these records.

    Its word on a pair bears its time; an undoing, or a split of the pair, has written another one over it.
    """
    rows = [node._asdict() for node in nodes]
    word = {
        (Node(row.system_a, row.external_id_a), Node(row.system_b, row.external_id_b)): row.decided_at
        for row in await run_set(connection, _SAME, rows)
    }
    acts: dict[UUID, tuple[UUID, str, datetime]] = {}
    sides: dict[UUID, dict[UUID, list[Node]]] = defaultdict(lambda: defaultdict(list))
    for row in await run_set(connection, _MERGES, rows, merge=StewardActKind.MERGE.value):
        acts[row.id] = (row.customer_id, row.principal, row.at)
        sides[row.id][row.former_id].append(Node(row.system, row.external_id))
    merges = [StandingMerge(i, *acts[i], sides[i]) for i in acts]
    return [
        one
        for one in merges
        if any(word.get((min(pair), max(pair))) == one.at for pair in pairs_across(list(one.sides.values())))
    ]


_WORDS: Final = """
SELECT d.* FROM json_to_recordset(CAST(:rows AS json)) AS r(sa text, ea text, sb text, eb text)
CROSS JOIN LATERAL (SELECT * FROM steward_decision o WHERE o.system_a = r.sa AND o.external_id_a = r.ea
  AND o.system_b = r.sb AND o.external_id_b = r.eb LIMIT 1) d"""

_PAIRS: Final = """json_to_recordset(CAST(:rows AS json)) AS r(sa text, ea text, sb text, eb text, verdict text,
  principal text, at timestamptz, beneath jsonb)
WHERE d.system_a = r.sa AND d.external_id_a = r.ea AND d.system_b = r.sb AND d.external_id_b = r.eb"""

_UNSAY: Final = f"DELETE FROM steward_decision d USING {_PAIRS}"  # noqa: S608  constant text
_SAY_AGAIN: Final = f"""
UPDATE steward_decision d SET verdict = r.verdict, principal = r.principal, decided_at = r.at, beneath = r.beneath
FROM {_PAIRS}"""  # noqa: S608  constant text


async def retract(connection: AsyncConnection, merges: Sequence[StandingMerge]) -> None:
    """Unsay their word, as if it had never been said: what was said before it counts again."""
    times: dict[tuple[Node, Node], set[datetime]] = defaultdict(set)
    for one in merges:
        for pair in pairs_across(list(one.sides.values())):
            times[min(pair), max(pair)].add(one.at)
    asked = [_keys(a, b) for a, b in sorted(times)]
    unsaid, said_again = [], []
    for row in await run_set(connection, _WORDS, asked):
        a, b = Node(row.system_a, row.external_id_a), Node(row.system_b, row.external_id_b)
        words = [*row.beneath, [row.verdict, row.principal, row.decided_at.isoformat()]]
        left = [word for word in words if not _is_of(word, times[a, b])]
        if not left:
            unsaid.append(_keys(a, b))
        elif left != words:
            *beneath, (verdict, principal, at) = left
            said_again.append(_keys(a, b) | {"verdict": verdict, "principal": principal, "at": at, "beneath": beneath})
    await run_set(connection, _UNSAY, unsaid)
    await run_set(connection, _SAY_AGAIN, said_again)


def _keys(a: Node, b: Node) -> dict[str, object]:
    return {"sa": a.system, "ea": a.external_id, "sb": b.system, "eb": b.external_id}


def _is_of(word: Sequence[str], merged_at: Collection[datetime]) -> bool:
    """Whether a merge at one of these times said it."""
    verdict, _, at = word
    return verdict == Verdict.SAME and datetime.fromisoformat(at) in merged_at
