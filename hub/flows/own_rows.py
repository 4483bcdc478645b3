"""What the hub itself keeps of customers (sessions, promises): whose it is when they are joined, and when they part.

Such a row names no source record. It belongs to whom the customer id stands for that it was made for: a note of each
row that a join moved tells which one that is, whoever joined them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.commitment import TOPIC as COMMITMENTS
from hub.contacts.request import TOPIC as REQUESTS
from hub.contacts.session import TOPIC as SESSIONS
from hub.contacts.session_tables import BusinessDialog, CustomerSession, KnownCookie
from hub.contacts.tables import BusinessRequest, Commitment, TimelineEntry, UndeliverableMedium, VerifiedMedium
from hub.flows.by_identifier import follow_their_identifier
from hub.flows.made_meanwhile import Given, follow_what_it_came_of, marks_follow_their_medium
from hub.leads.lead import TOPIC as LEADS
from hub.leads.tables import LeadResponse, SalesLead
from hub.offers.tables import ContactEvent, Decision
from hub.store.metadata import METADATA, key_of

OWN: Final = (
    BusinessRequest.__tablename__,
    CustomerSession.__tablename__,
    BusinessDialog.__tablename__,
    KnownCookie.__tablename__,
    Commitment.__tablename__,
    TimelineEntry.__tablename__,
    UndeliverableMedium.__tablename__,
    VerifiedMedium.__tablename__,
    Decision.__tablename__,
    ContactEvent.__tablename__,
    SalesLead.__tablename__,
    LeadResponse.__tablename__,
)
"""Tables of the hub's own whose `customer_id` follows a merge."""

TOPIC_OF: Final[Mapping[str, str]] = {
    BusinessRequest.__tablename__: REQUESTS,
    CustomerSession.__tablename__: SESSIONS,
    Commitment.__tablename__: COMMITMENTS,
    SalesLead.__tablename__: LEADS,
}
"""Tables whose rows are followed one by one on the change feed."""


@cache
def own_only(table: str) -> str:
    """Rows `t` that name a source customer follow him and need no note."""
    return "t.owner IS NULL" if "owner" in METADATA.tables[table].columns else "true"


def joined(ended: str, now: str) -> str:
    """CTEs that give the rows of every `alias_id` of `ended` to its `current_id` and note whose they were.

    A row that was on its way already stays noted for whom it was made.
    """
    followed = ",".join(
        f"""
own_{table}_followed AS (UPDATE {table} t SET customer_id = e.current_id FROM {ended} e
  WHERE t.customer_id = e.alias_id
  RETURNING t.{key_of(table)[0]}::text AS id, e.alias_id, e.current_id, {own_only(table)} AS own)"""  # noqa: S608  constant names
        for table in OWN
    )
    noted = " UNION ALL ".join(
        f"SELECT '{table}', id, alias_id, current_id, {now} FROM own_{table}_followed WHERE own"  # noqa: S608  constant names
        for table in OWN
    )
    return f"""{followed},
noted AS (INSERT INTO moved_row AS m (table_name, key, former_id, customer_id, at) {noted}
  ON CONFLICT (table_name, key) DO UPDATE SET customer_id = excluded.customer_id,
    former_id = CASE WHEN m.customer_id = excluded.former_id THEN m.former_id ELSE excluded.former_id END,
    at = CASE WHEN m.customer_id = excluded.former_id THEN m.at ELSE excluded.at END)"""


_GIVE_BACK: Final = f"""
WITH due AS MATERIALIZED (
  SELECT m.*, coalesce(a.current_id, m.former_id) AS home FROM moved_row m
  LEFT JOIN customer_alias a ON a.alias_id = m.former_id
  WHERE m.customer_id = ANY(:people) AND coalesce(a.current_id, m.former_id) <> m.customer_id
    AND EXISTS (SELECT FROM customer_identifier i WHERE i.customer_id = coalesce(a.current_id, m.former_id))),
{
    ",".join(
        f'''
{table}_given AS (UPDATE {table} t SET customer_id = d.home FROM due d
  WHERE d.table_name = '{table}' AND t.{key_of(table)[0]} = CAST(d.key AS {key_of(table)[1]})
    AND t.customer_id = d.customer_id RETURNING d.table_name, d.key, d.home, d.at)'''
        for table in OWN
    )
},
settled AS (DELETE FROM moved_row m USING due d
  WHERE m.table_name = d.table_name AND m.key = d.key AND d.home = d.former_id),
on_their_way AS (UPDATE moved_row m SET customer_id = d.home FROM due d
  WHERE m.table_name = d.table_name AND m.key = d.key AND d.home <> d.former_id)
{" UNION ALL ".join(f"SELECT * FROM {table}_given" for table in OWN)} ORDER BY 1, 2"""  # noqa: S608  constant names


async def give_back(
    connection: AsyncConnection,
    people: Collection[UUID],
    revived: Mapping[UUID, datetime],
    followed: Sequence[Given],
) -> list[Given]:
    """Give each row of these people to whom the id it was made for stands for, and what came of it to the same one.

    `revived` stand for themselves again, merged since then. `followed` are rows that went with their source record.
    """
    rows = await connection.execute(text(_GIVE_BACK), {"people": list(people)})
    given = [Given(*row) for row in rows]
    given += await follow_their_identifier(connection, people)
    given += await follow_what_it_came_of(connection, people, [*followed, *given])
    await marks_follow_their_medium(connection, people, revived)
    return given
