"""Read and write the rows of conflicts, for all customers of a page at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID, uuid5

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.conflict import Case, Earlier, Said, differ, follow, joined, parted, sides_of
from hub.customers.conflict_tables import ConflictState
from hub.customers.identifiers import Node
from hub.customers.survive import FIELDS, FlipFlops, Pin, SourceImage
from hub.store.sets import run_set

Cases: TypeAlias = Mapping[str, Case]
"""By golden field."""

_NAMESPACE: Final = UUID("0c7a0f8e-2b35-4d2f-9d43-6b8f2a0d7c11")

_READ: Final = """
SELECT f.* FROM json_array_elements_text(CAST(:rows AS json)) AS r(id)
CROSS JOIN LATERAL (SELECT * FROM field_conflict o WHERE o.customer_id = CAST(r.id AS uuid) OFFSET 0) f"""

_WRITE: Final = """
INSERT INTO field_conflict (id, customer_id, field, state, contested, base, kept, sides, turns, decided, decided_by,
  decided_at, opened_at, closed_at, earlier)
SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS r(id uuid, customer_id uuid, field text, state text,
  contested boolean, base text, kept text, sides jsonb, turns jsonb, decided text, decided_by text,
  decided_at timestamptz, opened_at timestamptz, closed_at timestamptz, earlier jsonb)
ON CONFLICT (customer_id, field) DO UPDATE SET state = excluded.state, contested = excluded.contested,
  base = excluded.base, kept = excluded.kept, sides = excluded.sides, turns = excluded.turns,
  decided = excluded.decided, decided_by = excluded.decided_by, decided_at = excluded.decided_at,
  opened_at = excluded.opened_at, closed_at = excluded.closed_at, earlier = excluded.earlier"""


def conflict_id(customer_id: UUID, field: str) -> UUID:
    """The row's id: the same for the same field of the same customer."""
    return uuid5(_NAMESPACE, f"{customer_id}/{field}")


async def cases_of(connection: AsyncConnection, customers: Iterable[UUID]) -> Mapping[UUID, Cases]:
    """The conflicts of these customers, closed ones included."""
    found: dict[UUID, dict[str, Case]] = defaultdict(dict)
    rows = [str(customer_id) for customer_id in customers]
    for row in await run_set(connection, _READ, rows) if rows else ():
        found[row.customer_id][row.field] = case_of(row)
    return found


def case_of(row: Row[Any]) -> Case:
    """A conflict from a whole row."""
    return Case(
        state=ConflictState(row.state),
        base=row.base,
        sides=_said(row.sides),
        turns=_said(row.turns),
        opened_at=row.opened_at,
        kept=row.kept,
        decided=row.decided,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        closed_at=row.closed_at,
        earlier=tuple(_earlier(one) for one in row.earlier),
    )


@dataclass(frozen=True, slots=True)
class Company:
    """All records of one customer, and those that came now from another one; `parted`: he left, or was left."""

    present: frozenset[Node]
    came: frozenset[Node]
    parted: bool


def followed(
    cases: Cases,
    images: Sequence[SourceImage],
    before: Mapping[str, str | None],
    company: Company,
    limits: FlipFlops | None,
    now: datetime,
) -> dict[str, Case]:
    """The conflicts of one customer after his sources spoke; `before` are his golden values until now.

    One that was there only by records that are gone again is left out.
    """
    if not cases and len(images) < 2:
        return {}
    sides = sides_of(images)
    found = {}
    for field in FIELDS:
        known = cases.get(field)
        if known is None and not differ(sides[field]):
            continue
        if known is not None and known.earlier:
            known = parted(known, company.present)
        case = follow(known, sides[field], before.get(field), limits, now)
        if case is not None:
            found[field] = joined(known, case, company.came) if company.came else case
    return found


def decided(cases: Cases) -> list[Pin]:
    """What stands over the rules: stewards' words on conflicts, and frozen fields."""
    return [pin for field, case in cases.items() if (pin := case.pin(field)) is not None]


async def write_cases(connection: AsyncConnection, cases: Mapping[UUID, Cases]) -> None:
    """Insert or replace these rows."""
    rows = [_row(customer_id, field, case) for customer_id, of in cases.items() for field, case in of.items()]
    if rows:
        await run_set(connection, _WRITE, rows)


_FORGET: Final = """
DELETE FROM field_conflict f USING json_array_elements_text(CAST(:rows AS json)) AS r(id) WHERE f.id = r.id::uuid"""


async def forget_cases(connection: AsyncConnection, cases: Mapping[UUID, Collection[str]]) -> None:
    """Remove the rows of these fields of these customers."""
    rows = [str(conflict_id(customer_id, field)) for customer_id, fields in cases.items() for field in fields]
    if rows:
        await run_set(connection, _FORGET, rows)


def _row(customer_id: UUID, field: str, case: Case) -> dict[str, object]:
    return {
        "id": conflict_id(customer_id, field),
        "customer_id": customer_id,
        "field": field,
        "state": case.state.value,
        "contested": case.contested,
        "base": case.base,
        "kept": case.kept,
        "sides": _written(case.sides),
        "turns": _written(case.turns),
        "decided": case.decided,
        "decided_by": case.decided_by,
        "decided_at": case.decided_at,
        "opened_at": case.opened_at,
        "closed_at": case.closed_at,
        "earlier": [
            {"joined": [[*node] for node in sorted(one.joined)], "case": None if one.case is None else _plain(one.case)}
            for one in case.earlier
        ],
    }


def _plain(case: Case) -> dict[str, object]:
    return {
        **{name: getattr(case, name) for name in ("state", "base", "kept", "decided", "decided_by")},
        **{name: _time(getattr(case, name)) for name in ("decided_at", "opened_at", "closed_at")},
        "sides": _written(case.sides),
        "turns": _written(case.turns),
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _earlier(written: Mapping[str, Any]) -> Earlier:
    case, came = written["case"], frozenset(Node(*node) for node in written["joined"])
    if case is None:
        return Earlier(came, None)
    times = {
        name: None if case[name] is None else datetime.fromisoformat(case[name])
        for name in ("decided_at", "opened_at", "closed_at")
    }
    said = {name: _said(case[name]) for name in ("sides", "turns")}
    return Earlier(came, Case(**case | times | said | {"state": ConflictState(case["state"])}))


def _written(said: Collection[Said]) -> list[list[object]]:
    return [[*one.node, one.value, one.at.isoformat(), *([True] if one.follows else ())] for one in said]


def _said(written: Iterable[Sequence[Any]]) -> tuple[Said, ...]:  # Any: what JSON holds
    return tuple(
        Said(Node(system, i), value, datetime.fromisoformat(at), *follows) for system, i, value, at, *follows in written
    )
