"""Link records that are probably one person, after the pages that brought them have committed.

Two pages at once do not see each other's records, but whichever record is judged last sees both. So the links that
stand when all are judged do not depend on who came first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.changes import changes_of
from hub.customers.closure import Held
from hub.customers.follow_consent import follow_consents
from hub.customers.identifiers import Node
from hub.customers.lift_restrictions import lift_restrictions
from hub.customers.likeness.bands import Bands
from hub.customers.likeness.cases import rewrite_cases
from hub.customers.likeness.judging import fields_of
from hub.customers.likeness.links import find_links, judge_near, links_among, remember_crowds, rewrite_links
from hub.customers.likeness.unions import fellows_of, keep_unions
from hub.customers.likeness.weights import active_weights
from hub.customers.normalise import Spelling
from hub.customers.recognise import Rules, lock_customers, recognise
from hub.customers.restrict_systems import restrict_systems
from hub.flows.follow_joins import tell_of_joins
from hub.flows.follow_owners import follow_owners
from hub.live.publish import publish
from hub.matching.person import Person
from hub.store.sets import run_set

_ONE_AT_A_TIME: Final = 0x6C696E6B


async def link_likely(connection: AsyncConnection, rules: Rules, now: datetime, limit: int) -> int:
    """Judge up to `limit` records that no version, or another one, has judged; the answer is how many.

    0 as well where another process is at it, which goes on until none is left.
    """
    if not await connection.scalar(text("SELECT pg_try_advisory_xact_lock(:turn)"), {"turn": _ONE_AT_A_TIME}):
        return 0
    active = await active_weights(connection)
    if active is None:
        return 0
    version, learned = active
    least = rules.bands.links_from
    await _begin_again_where_bands_changed(connection, version, rules.bands)
    nodes = await _waiting(connection, version, limit)
    persons = await fields_of(connection, nodes)
    await remember_crowds(connection, persons)
    near = await judge_near(connection, persons, version, learned, numbered_apart=True)
    met = [pair for pair, found in near.items() if found.probability >= least and pair[0].system != pair[1].system]
    stood = await links_among(connection, nodes)
    held = {node for pair in (*met, *stood) for node in pair}
    if held:
        await lock_customers(connection, {}, Spelling(rules.region), held)
        persons |= await fields_of(connection, held & persons.keys())
        links = await find_links(connection, persons, version, learned, least) if met else {}
        # Who came in between is waiting to be judged himself, and will find these.
        links = {pair: bits for pair, bits in links.items() if held.issuperset(pair)}
        changed = await rewrite_links(connection, held & persons.keys(), links)
        await _recognise(connection, changed, version, rules, now)
    await rewrite_cases(connection, nodes, near, rules.bands.review, now)
    await _judged(connection, persons, version)
    return len(nodes)


async def _recognise(
    connection: AsyncConnection, changed: Collection[Node], version: int, rules: Rules, now: datetime
) -> None:
    if changed:
        older, before = await _older(connection, changed), await fellows_of(connection, changed)
        recognised = await recognise(connection, changed, Held(), rules, now, Spelling(rules.region), preferred=older)
        await follow_owners(connection, recognised, recognised.moved, now)
        await publish(connection, changes_of(recognised), now)
        await tell_of_joins(connection, recognised, now, version)
        await restrict_systems(connection, await keep_unions(connection, before, now), now)
        owners = set((await fellows_of(connection, recognised.moved)).values())
        await follow_consents(connection, owners, now)
        await lift_restrictions(connection, owners, now)


async def _judged(connection: AsyncConnection, persons: Mapping[Node, Person], version: int) -> None:
    """A record that became another one meanwhile is not judged yet."""
    await run_set(
        connection,
        """UPDATE likeness l SET judged_by = :version
           FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text, fields text[])
           WHERE l.system = r.system AND l.external_id = r.external_id AND l.fields = r.fields""",
        [{**node._asdict(), "fields": list(person)} for node, person in persons.items()],
        version=version,
    )


async def _begin_again_where_bands_changed(connection: AsyncConnection, version: int, bands: Bands) -> None:
    changed = await connection.execute(
        text(
            """UPDATE likeness_weights SET links_from = :links, reviews_from = :reviews
               WHERE version = :version AND (links_from, reviews_from) IS DISTINCT FROM (:links, :reviews)
               RETURNING version"""
        ),
        {"version": version, "links": bands.links_from, "reviews": bands.review},
    )
    if changed.one_or_none() is not None:
        await connection.execute(text("UPDATE likeness SET judged_by = 0 WHERE judged_by <> 0"))


async def _waiting(connection: AsyncConnection, version: int, limit: int) -> list[Node]:
    """Those of a new page before those whom another version has judged."""
    rows = await connection.execute(
        text(
            """SELECT system, external_id FROM (
                 SELECT * FROM (SELECT system, external_id, judged_by FROM likeness WHERE judged_by < :version
                   ORDER BY judged_by LIMIT :limit) a
                 UNION ALL
                 SELECT * FROM (SELECT system, external_id, judged_by FROM likeness WHERE judged_by > :version
                   ORDER BY judged_by LIMIT :limit) b) w
               ORDER BY judged_by LIMIT :limit"""
        ),
        {"version": version, "limit": limit},
    )
    return [Node(row[0], row[1]) for row in rows]


async def _older(connection: AsyncConnection, nodes: Collection[Node]) -> set[UUID]:
    """The customers of these records but for those made last: of two who become one, the older id stays."""
    rows = await run_set(
        connection,
        """SELECT DISTINCT c.id, c.created_at FROM json_to_recordset(CAST(:rows AS json))
             AS r(system text, external_id text)
           JOIN customer_identifier i ON i.system = r.system AND i.external_id = r.external_id
           JOIN customer c ON c.id = i.customer_id ORDER BY c.created_at, c.id""",
        [node._asdict() for node in nodes],
    )
    found = rows.all()
    latest = found[-1].created_at if found else None
    return {row.id for row in found if row.created_at != latest}
