"""What customers have follows their source records: belongings, and what the hub itself keeps of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.commitment import TOPIC as COMMITMENTS
from hub.contacts.request import TOPIC as REQUESTS
from hub.contacts.session import TOPIC as SESSIONS
from hub.contacts.session_tables import BusinessDialog, CustomerSession, KnownCookie
from hub.contacts.tables import BusinessRequest, Commitment, TimelineEntry, UndeliverableMedium, VerifiedMedium
from hub.customers.changes import in_order
from hub.customers.consent_keep import HUB
from hub.customers.follow_consent import follow_consents
from hub.customers.identifiers import Node
from hub.customers.likeness.unions import fellows_of
from hub.customers.recognise import Recognised
from hub.flows.project_belongings import TABLE_OF
from hub.leads.lead import TOPIC as LEADS
from hub.leads.tables import LeadResponse, SalesLead
from hub.live.changes import Change
from hub.live.publish import publish
from hub.offers.record_decision import TOPIC as LISTS
from hub.offers.tables import ContactEvent, Decision
from hub.store.sets import run_set

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

_CHANGED: Final = "AttributeValueChangeEvent"


async def follow_owners(
    connection: AsyncConnection, recognised: Recognised, nodes: Collection[Node], now: datetime
) -> None:
    """Give the belongings of source customers that now are somebody else to that customer, and tell who follows them.

    `nodes` are those of `recognised` that anything may belong to.

    What the hub itself keeps of a customer names no source customer: it follows when he is merged into another one.
    Consents recorded here do name one, as system:id.
    """
    followed = (await run_set(connection, _FOLLOW, [node._asdict() for node in nodes])).all()
    await publish(connection, [*(moved(*row) for row in followed), *_lists(recognised)], now)


def moved(table: str, identity: str) -> Change:
    """That a row of TOPIC_OF has another customer."""
    topic = TOPIC_OF[table]
    return Change(topic, identity, f"{topic}{_CHANGED}")


def _lists(recognised: Recognised) -> list[Change]:
    """Whoever follows the lists of these customers has another one before him, or none."""
    if not recognised.former:
        return []
    met = {recognised.moved[node] for node in recognised.former}
    return [Change(LISTS, str(i), f"Decision{_CHANGED}") for i in in_order(recognised, met)]


async def follow_moved(connection: AsyncConnection, moved: Collection[Node], now: datetime) -> None:
    """What whoever has these records now allows may be otherwise than before."""
    await follow_consents(connection, set((await fellows_of(connection, moved)).values()), now)


_FOLLOW: Final = f"""
WITH r AS MATERIALIZED (
  SELECT c.system, c.external_id, c.customer_id
  FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text)
  CROSS JOIN LATERAL (SELECT * FROM customer_identifier i
    WHERE i.system = r.system AND i.external_id = r.external_id LIMIT 1) c),
{
    ",".join(
        f'''
{table}_followed AS (UPDATE {table} t SET customer_id = r.customer_id FROM r
  WHERE t.system = r.system AND t.owner = r.external_id AND t.customer_id IS DISTINCT FROM r.customer_id
  RETURNING t.id)'''
        for table in TABLE_OF.values()
    )
},
ended AS MATERIALIZED (
  SELECT a.alias_id, a.current_id FROM (SELECT DISTINCT customer_id FROM r) c
  CROSS JOIN LATERAL (SELECT alias_id, current_id FROM customer_alias WHERE current_id = c.customer_id OFFSET 0) a),
{
    ",".join(
        f'''
own_{table}_followed AS (UPDATE {table} t SET customer_id = e.current_id FROM ended e
  WHERE t.customer_id = e.alias_id RETURNING t.*)'''
        for table in OWN
    )
},
recorded AS (UPDATE consent t SET customer_id = r.customer_id FROM r
  WHERE t.system = '{HUB}' AND t.owner = r.system || ':' || r.external_id
    AND t.customer_id IS DISTINCT FROM r.customer_id)
{
    " UNION ".join(
        f"SELECT '{table}' AS followed, id::text AS id FROM {kind}{table}_followed"
        for table in TOPIC_OF
        for kind in ("", "own_")
        if kind or table in TABLE_OF.values()
    )
} ORDER BY 1, 2"""  # noqa: S608  constant table names
