"""Remove what the hub holds of a person in the clear; what is encrypted goes with the key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.flows.project_belongings import TABLE_OF
from hub.flows.twins import forget_twins_of
from hub.store.metadata import METADATA

_NODES: Final = "(SELECT * FROM unnest(CAST(:s AS text[]), CAST(:e AS text[])))"

_OBJECTS: Final = """(SELECT * FROM unnest(CAST(:os AS text[]), CAST(:oe AS text[]), CAST(:oi AS text[]))
  AS o(system, entity, external_id))"""

# Every system that is told of customers may have been told of this one, under each id that he had.
_LINES: Final = """(SELECT f.target || '/' || of.id FROM (SELECT DISTINCT target FROM information_flow) f
  CROSS JOIN (SELECT CAST(:customer AS uuid) AS id
    UNION ALL SELECT alias_id FROM customer_alias WHERE current_id = CAST(:customer AS uuid)) of)"""

_OF_SOURCES: Final[Mapping[str, str]] = {
    # Objects that the hub named (contacts, requests) have no source record; what was said of them left in his line.
    "target_image": """DELETE FROM target_image t
      WHERE (t.target, t.entity, t.external_id) IN (
        SELECT o.system, o.entity, o.external_id FROM {objects} o
        UNION ALL SELECT c.target, c.entity, c.external_id FROM outbound_command c
          WHERE c.external_id IS NOT NULL AND c.line IN {lines})""",
    "outbound_command": """UPDATE outbound_command SET changes = '[]', outcome_message = NULL,
        state = CASE WHEN state IN ('COLLECTED', 'PENDING') THEN 'CANCELLED' ELSE state END
      WHERE (target, external_id) IN (SELECT o.system, o.external_id FROM {objects} o) OR line IN {lines}""",
    "shadow_command": """DELETE FROM shadow_command WHERE (target, external_id) IN (
        SELECT o.system, o.external_id FROM {objects} o) OR line IN {lines}""",
    "correction": """DELETE FROM correction t USING {objects} o
      WHERE t.system = o.system AND t.entity = o.entity AND t.external_id = o.external_id""",
    "quarantine": """UPDATE quarantine t
      SET state = 'DISCARDED', settled_reason = 'its person was erased' FROM {objects} o
      WHERE t.system = o.system AND t.entity = o.entity AND t.external_id = o.external_id AND t.state = 'OPEN'""",
    "consent_statement": "DELETE FROM consent_statement WHERE (owner_system, owner_id) IN {nodes}",
    "source_identifier": """WITH gone AS (
        DELETE FROM source_identifier WHERE (system, external_id) IN {nodes} RETURNING kind, value)
      DELETE FROM identifier i USING gone g WHERE i.kind = g.kind AND i.value = g.value
        AND NOT EXISTS (SELECT FROM source_identifier o WHERE o.kind = g.kind AND o.value = g.value
          AND (o.system, o.external_id) NOT IN {nodes})""",
    "likeness": "DELETE FROM likeness WHERE (system, external_id) IN {nodes}",
    "likeness_key": "DELETE FROM likeness_key WHERE (system, external_id) IN {nodes}",
    "likeness_union": "DELETE FROM likeness_union WHERE (system, external_id) IN {nodes}",
    "steward_decision": """DELETE FROM steward_decision WHERE (system_a, external_id_a) IN {nodes}
        OR (system_b, external_id_b) IN {nodes}""",
    "customer_pin": "DELETE FROM customer_pin WHERE (system, external_id) IN {nodes}",
    "steward_act_record": "DELETE FROM steward_act_record WHERE (system, external_id) IN {nodes}",
    "source_record": """DELETE FROM source_record t USING {objects} o
      WHERE t.system = o.system AND t.entity = o.entity AND t.external_id = o.external_id""",
    "customer_identifier": "DELETE FROM customer_identifier WHERE (system, external_id) IN {nodes}",
}
"""In their order: what is found by the source records that are erased."""

_OF_CUSTOMER: Final[Mapping[str, str]] = {
    "field_conflict": """DELETE FROM field_conflict WHERE customer_id = :id
        OR customer_id IN (SELECT alias_id FROM customer_alias WHERE current_id = :id)""",
    "customer_alias": "DELETE FROM customer_alias WHERE current_id = :id",
    "customer_history": "DELETE FROM customer_history WHERE customer_id = :id",
    "customer": "DELETE FROM customer WHERE id = :id",
}

_ELSEWHERE: Final = frozenset({"customer_identifier", "customer_history", "steward_act", "field_conflict"})


@dataclass(frozen=True, slots=True)
class ErasedObject:
    """One source record of the person; `subject` names the data key that protects its versions."""

    system: str
    entity: str
    external_id: str
    subject: str


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows went, by table, and how many records a legal duty keeps, by entity."""

    counts: Mapping[str, int]
    retained: Mapping[str, int]


async def erased_objects(connection: AsyncConnection, nodes: Sequence[Node]) -> list[ErasedObject]:
    """The person's source records and all that belongs to them."""
    rows = await connection.execute(
        text(
            f"""SELECT system, entity, external_id, external_id AS subject FROM source_record
                WHERE entity = 'customer' AND (system, external_id) IN {_NODES}
                UNION ALL SELECT system, entity, external_id, owner FROM source_record
                WHERE owner IS NOT NULL AND (system, owner) IN {_NODES}"""  # noqa: S608  constant texts
        ),
        _nodes(nodes),
    )
    return [ErasedObject(row.system, row.entity, row.external_id, row.subject) for row in rows]


async def forget(
    connection: AsyncConnection,
    customer_id: UUID,
    nodes: Sequence[Node],
    request_id: UUID,
    retention_days: Mapping[str, int],
    now: datetime,
) -> Forgotten:
    """Remove every row about the customer; what must be retained stays without his name on it."""
    retained = await _retain(connection, customer_id, request_id, retention_days, now)
    counts: dict[str, int] = {}
    for table in _own_tables():
        counts[table] = await _run(connection, f"DELETE FROM {table} WHERE customer_id = :id", {"id": customer_id})  # noqa: S608  constant names
    objects = await erased_objects(connection, nodes)
    for node in nodes:
        await forget_twins_of(connection, node.system, node.external_id)
    binds = {
        **_nodes(nodes),
        "os": [one.system for one in objects],
        "oe": [one.entity for one in objects],
        "oi": [one.external_id for one in objects],
        "customer": str(customer_id),
    }
    for table, written in _OF_SOURCES.items():
        statement = written.format(nodes=_NODES, objects=_OBJECTS, lines=_LINES)
        counts[table] = await _run(
            connection, statement, {name: bind for name, bind in binds.items() if f":{name}" in statement}
        )
    for table, statement in _OF_CUSTOMER.items():
        counts[table] = await _run(connection, statement, {"id": customer_id})
    return Forgotten({table: count for table, count in counts.items() if count}, retained)


def _own_tables() -> list[str]:
    """Every table with a customer's rows that no source record finds, what hangs on others first."""
    return [
        str(table.name)
        for table in reversed(METADATA.sorted_tables)
        if "customer_id" in table.columns and table.name not in _ELSEWHERE
    ]


async def _run(connection: AsyncConnection, statement: str, binds: Mapping[str, object]) -> int:
    return (await connection.execute(text(statement), binds)).rowcount


def _nodes(nodes: Sequence[Node]) -> dict[str, object]:
    return {"s": [node.system for node in nodes], "e": [node.external_id for node in nodes]}


async def _retain(
    connection: AsyncConnection,
    customer_id: UUID,
    request_id: UUID,
    retention_days: Mapping[str, int],
    now: datetime,
) -> Mapping[str, int]:
    retained = {}
    for entity, table in TABLE_OF.items():
        days = retention_days.get(entity.value)
        if days is None:
            continue
        count = await _run(
            connection,
            f"""WITH kept AS (
                  UPDATE {table} SET customer_id = NULL, owner = NULL
                  WHERE customer_id = :id AND NOT deleted
                    AND as_of > CAST(:now AS timestamptz) - make_interval(days => :days)
                  RETURNING system, external_id, as_of),
                nameless AS (
                  UPDATE source_record s SET owner = NULL, document = s.document - 'customer' FROM kept k
                  WHERE s.system = k.system AND s.entity = CAST(:entity AS text)
                    AND s.external_id = k.external_id)
                INSERT INTO retained_record (system, entity, external_id, request_id, until)
                SELECT system, CAST(:entity AS text), external_id, CAST(:request AS uuid),
                  as_of + make_interval(days => :days) FROM kept
                ON CONFLICT (system, entity, external_id) DO NOTHING""",  # noqa: S608  constant names
            {"id": customer_id, "now": now, "days": days, "entity": entity.value, "request": request_id},
        )
        if count:
            retained[entity.value] = count
    return retained
