"""What customers have follows their source records: belongings, and what the hub itself keeps of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.changes import in_order
from hub.customers.consent_keep import HUB
from hub.customers.identifiers import Node
from hub.customers.likeness.unions import fellows_of
from hub.customers.recognise import Recognised
from hub.customers.restrict_systems import bring_in_line
from hub.flows.made_meanwhile import Given
from hub.flows.order_linking import judge_again
from hub.flows.own_rows import TOPIC_OF, give_back, joined
from hub.flows.project_belongings import TABLE_OF
from hub.live.changes import Change
from hub.live.publish import publish
from hub.offers.record_decision import TOPIC as LISTS
from hub.store.sets import run_set

_CHANGED: Final = "AttributeValueChangeEvent"


async def follow_owners(
    connection: AsyncConnection, recognised: Recognised, nodes: Collection[Node], now: datetime
) -> None:
    """Give the belongings of source customers to whom those now are, and tell who follows them."""
    await publish(connection, await hand_over(connection, recognised, nodes, now), now)


async def hand_over(
    connection: AsyncConnection, recognised: Recognised, nodes: Collection[Node], now: datetime
) -> list[Change]:
    """Give the belongings of source customers to whom those now are; what there is to tell of it.

    `nodes` are those of `recognised` that anything may belong to.

    What the hub itself keeps of a customer names no source customer: it follows when he is merged into another one, and
    comes back with him. Consents recorded here do name one, as system:id.
    """
    rows = (await run_set(connection, _FOLLOW, [node._asdict() for node in nodes], now=now)).all()
    followed = [moved(table, identity) for table, identity, _ in rows]
    if parted := _parted(recognised):
        await judge_again(connection, parted, now)
        back = recognised.revived
        theirs = [Given(table, i, customer, back[customer]) for table, i, customer in rows if customer in back]
        given = await give_back(connection, parted, back, theirs)
        followed += [moved(one.table_name, one.key) for one in given if one.table_name in TOPIC_OF]
    return [*followed, *_lists(recognised)]


def _parted(recognised: Recognised) -> set[UUID]:
    """All who have or had the records, if the records of any customer are not one customer's any more; else nobody."""
    went: dict[UUID, set[UUID]] = defaultdict(set)
    for node, former in recognised.former.items():
        went[former].add(recognised.moved[node])
    if all(len(to) == 1 and former in recognised.projection.ended for former, to in went.items()):
        return set()
    return went.keys() | set().union(*went.values())


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
    customers = set((await fellows_of(connection, moved)).values())
    await bring_in_line(connection, customers, now)


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
  RETURNING t.id, t.customer_id)'''
        for table in TABLE_OF.values()
    )
},
ended AS MATERIALIZED (
  SELECT a.alias_id, a.current_id FROM (SELECT DISTINCT customer_id FROM r) c
  CROSS JOIN LATERAL (SELECT alias_id, current_id FROM customer_alias WHERE current_id = c.customer_id OFFSET 0) a),
{joined("ended", "CAST(:now AS timestamptz)")},
recorded AS (UPDATE consent t SET customer_id = r.customer_id FROM r
  WHERE t.system = '{HUB}' AND t.owner = r.system || ':' || r.external_id
    AND t.customer_id IS DISTINCT FROM r.customer_id)
{
    " UNION ".join(
        f"SELECT '{table}' AS followed, id::text AS id, {customer} AS customer_id FROM {kind}{table}_followed"
        for table in TOPIC_OF
        for kind, customer in (("", "customer_id"), ("own_", "current_id"))
        if kind or table in TABLE_OF.values()
    )
} ORDER BY 1, 2"""  # noqa: S608  constant table names
