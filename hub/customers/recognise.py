"""Recognise the customers behind changed source records and rebuild the golden records that depend on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.assign import Assignment, assign
from hub.customers.closure import close_over, lock_identifiers
from hub.customers.crosswalk import write_crosswalk
from hub.customers.identifiers import IdentifierKey, Node, id_of, identifiers_of
from hub.customers.partition import partition
from hub.customers.project import Projection, project
from hub.customers.survive import Survivorship
from hub.records.customer import CustomerRecord
from hub.store.sets import run_set


@dataclass(frozen=True, slots=True)
class Rules:
    """What recognition and survivorship depend on besides the records: the company's configuration."""

    survivorship: Survivorship
    region: str


@dataclass(frozen=True, slots=True)
class Recognised:
    """What changed: golden customers with new values, and source customers that now belong to another one."""

    projection: Projection
    moved: Sequence[Node]


async def lock_customers(
    connection: AsyncConnection,
    records: Mapping[Node, CustomerRecord],
    region: str,
    gone: Collection[Node] = (),
) -> Mapping[Node, frozenset[IdentifierKey]]:
    """Hold every identifier that these and the `gone` records carry or carried; return what is carried now.

    Call it before the records are written: the reads behind it then see what the previous holder committed.
    """
    carried = {node: identifiers_of(node, record, region) for node, record in records.items()}
    rows = await run_set(
        connection,
        """SELECT s.kind, s.value FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text)
           JOIN source_identifier s ON s.system = r.system AND s.external_id = r.external_id""",
        [node._asdict() for node in (*records, *gone)],
    )
    before = {IdentifierKey(row.kind, row.value) for row in rows}
    before.update(id_of(*node) for node in gone)
    await lock_identifiers(connection, before.union(*carried.values()))
    return carried


async def recognise(
    connection: AsyncConnection,
    changed: Collection[Node],
    carried: Mapping[Node, frozenset[IdentifierKey]],
    rules: Rules,
    now: datetime,
) -> Recognised:
    """Rebuild identifiers, links and golden records after `changed` source records were written.

    `carried` holds the identifiers of those whose content changed; a record that was only deleted or restored keeps
    what it had. The caller holds the identifiers' locks (`lock_customers`).
    """
    neighbours = await _rewrite_identifiers(connection, carried)
    world = await close_over(connection, {*changed, *neighbours})
    groups = partition(world.identifiers, frozenset(world.deleted), world.decisions)
    current = await _current(connection, world.identifiers)
    assignment = assign(groups, current, world.deleted)
    moved = _moved(assignment, current)
    projection = await project(connection, assignment, rules.survivorship, rules.region, now)
    await write_crosswalk(connection, assignment, moved, now)
    return Recognised(projection, list(moved))


def _moved(assignment: Assignment, current: Mapping[Node, UUID]) -> dict[Node, UUID]:
    return {
        node: customer_id
        for customer_id, group in assignment.groups.items()
        for node in group
        if current.get(node) != customer_id
    }


async def _rewrite_identifiers(
    connection: AsyncConnection, carried: Mapping[Node, frozenset[IdentifierKey]]
) -> set[Node]:
    """Replace what these records carry; the answer are the others who carry an identifier that was let go."""
    rows = [
        {**node._asdict(), "keys": [key._asdict() for key in sorted(keys)]} for node, keys in sorted(carried.items())
    ]
    gone = await run_set(
        connection,
        """WITH r AS (
             SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text, keys json)),
           gone AS (DELETE FROM source_identifier s USING r
             WHERE s.system = r.system AND s.external_id = r.external_id AND NOT EXISTS (
               SELECT 1 FROM json_to_recordset(r.keys) AS k(kind text, value text)
               WHERE k.kind = s.kind AND k.value = s.value) RETURNING s.kind, s.value)
           SELECT DISTINCT o.system, o.external_id FROM gone JOIN LATERAL (
             SELECT system, external_id FROM source_identifier x WHERE x.kind = gone.kind AND x.value = gone.value
             LIMIT 64) o ON true""",
        rows,
    )
    neighbours = {Node(row.system, row.external_id) for row in gone}
    await run_set(
        connection,
        """INSERT INTO source_identifier (system, external_id, kind, value)
           SELECT r.system, r.external_id, k.kind, k.value
           FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text, keys json)
           CROSS JOIN LATERAL json_to_recordset(r.keys) AS k(kind text, value text)
           ON CONFLICT DO NOTHING""",
        rows,
    )
    return neighbours - carried.keys()


async def _current(connection: AsyncConnection, nodes: Collection[Node]) -> dict[Node, UUID]:
    rows = await connection.execute(
        text(
            """SELECT c.system, c.external_id, c.customer_id
               FROM unnest(CAST(:s AS text[]), CAST(:e AS text[])) AS r(system, external_id)
               JOIN customer_identifier c ON c.system = r.system AND c.external_id = r.external_id"""
        ),
        {"s": [node.system for node in nodes], "e": [node.external_id for node in nodes]},
    )
    return {Node(row.system, row.external_id): row.customer_id for row in rows}
