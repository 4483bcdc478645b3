"""What came of a customer's contacts while he was joined with somebody: it goes with the contact when they part."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.session_tables import BusinessDialog, CustomerSession
from hub.contacts.tables import BusinessRequest, Commitment, TimelineEntry, UndeliverableMedium, VerifiedMedium
from hub.leads.tables import LeadResponse, SalesLead
from hub.offers.tables import ContactEvent, Decision
from hub.store.metadata import key_of
from hub.store.sets import run_set


class Given(NamedTuple):
    """A row that has another customer since a parting; what came of it since `at` goes with it."""

    table_name: str
    key: str
    customer_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class _Made:
    """When a table's row `t` was made, and what it came of, by table: the first of these that it names."""

    table: str
    at: str
    parents: Mapping[str, str]


_SESSION: Final = CustomerSession.__tablename__
_REQUEST: Final = BusinessRequest.__tablename__
_PROMISE: Final = Commitment.__tablename__
_LEAD: Final = SalesLead.__tablename__
_LIST: Final = Decision.__tablename__

_MADE: Final = (
    _Made(
        _REQUEST,
        "t.opened_at",
        {_SESSION: "(SELECT h.session_id FROM request_handling h WHERE h.request_id = t.id AND t.owner IS NULL)"},
    ),
    _Made(
        _LEAD,
        "(SELECT h.opened_at FROM lead_handling h WHERE h.lead_id = t.id)",
        {_SESSION: "(SELECT h.session_id FROM lead_handling h WHERE h.lead_id = t.id AND t.owner IS NULL)"},
    ),
    _Made(BusinessDialog.__tablename__, "t.started_at", {_SESSION: "t.session_id"}),
    _Made(_PROMISE, "t.made_at", {_SESSION: "t.session_id", _REQUEST: "t.request_id"}),
    _Made(_LIST, "t.decided_at", {_SESSION: "t.session_id"}),
    _Made(
        ContactEvent.__tablename__,
        "t.recorded_at",
        {
            _SESSION: "t.session_id",
            _LIST: "(SELECT n.decision_id FROM next_best_action n WHERE n.id = t.next_best_action_id)",
        },
    ),
    _Made(LeadResponse.__tablename__, "t.recorded_at", {_SESSION: "t.session_id", _LEAD: "t.lead_id"}),
    _Made(
        TimelineEntry.__tablename__,
        "t.at",
        {_SESSION: "t.session_id", _REQUEST: "t.request_id", _PROMISE: "t.commitment_id", _LEAD: "t.lead_id"},
    ),
)
"""In an order in which what something came of stands before it."""


def _follow(made: _Made) -> str:
    names = " ".join(f"WHEN {expression} IS NOT NULL THEN '{table}'" for table, expression in made.parents.items())
    name, _ = key_of(made.table)
    return f"""
WITH g AS MATERIALIZED (SELECT * FROM json_to_recordset(CAST(:rows AS json))
    AS g(table_name text, key text, customer_id uuid, at timestamptz)),
followed AS (UPDATE {made.table} t SET customer_id = g.customer_id FROM g
  WHERE t.customer_id = ANY(:people) AND t.customer_id <> g.customer_id AND {made.at} >= g.at
    AND g.table_name = CASE {names} END AND g.key = coalesce({", ".join(made.parents.values())})::text
  RETURNING t.{name}::text AS key, g.customer_id, g.at),
settled AS (DELETE FROM moved_row m USING followed f WHERE m.table_name = '{made.table}' AND m.key = f.key)
SELECT '{made.table}' AS table_name, key, customer_id, at FROM followed ORDER BY 2"""  # noqa: S608  constant names


_FOLLOW: Final = tuple(_follow(made) for made in _MADE)


async def follow_what_it_came_of(
    connection: AsyncConnection, people: Collection[UUID], given: Sequence[Given]
) -> list[Given]:
    """Of these people's rows those that came of `given` ones go with them; which they are."""
    found: list[Given] = []
    for statement in _FOLLOW:
        rows = [
            {**one._asdict(), "customer_id": str(one.customer_id), "at": one.at.isoformat()} for one in (*given, *found)
        ]
        found += [Given(*row) for row in await run_set(connection, statement, rows, people=list(people))]
    return found


_MARKS: Final = tuple(
    text(
        f"""UPDATE {table} t SET customer_id = m.customer_id FROM contact_medium m, unnest(
              CAST(:ids AS uuid[]), CAST(:since AS timestamptz[])) AS back(id, since)
            WHERE t.customer_id = ANY(:people) AND t.{at} >= back.since
              AND m.customer_id = back.id AND m.kind = t.kind AND m.normalised = t.normalised
              AND NOT EXISTS (SELECT FROM contact_medium o
                WHERE o.customer_id = t.customer_id AND o.kind = t.kind AND o.normalised = t.normalised)"""  # noqa: S608  constant names
    )
    for table, at in ((VerifiedMedium.__tablename__, "at"), (UndeliverableMedium.__tablename__, "since"))
)


async def marks_follow_their_medium(
    connection: AsyncConnection, people: Collection[UUID], revived: Mapping[UUID, datetime]
) -> None:
    """What was found out of an address goes with those who stand for themselves again, when they took it along.

    `revived` has since when they had been merged.
    """
    if revived:
        binds = {"people": list(people), "ids": list(revived), "since": list(revived.values())}
        for statement in _MARKS:
            await connection.execute(statement, binds)
