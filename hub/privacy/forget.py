"""Remove what the hub holds of a person in the clear; what is encrypted goes with the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.project_belongings import TABLE_OF
from hub.flows.twins import forget_twins_of
from hub.privacy.about import conditions
from hub.privacy.whose import NODES, Whose, objects_of
from hub.records.identity import Entity
from hub.store.metadata import METADATA

_OBJECTS: Final = """(SELECT * FROM unnest(CAST(:os AS text[]), CAST(:oe AS text[]), CAST(:oi AS text[]))
  AS o(system, entity, external_id))"""

_OF_SOURCES: Final[Mapping[str, str]] = {
    # Objects that the hub named (contacts, requests) have no source record; what was said of them left in his line.
    "target_image": """DELETE FROM target_image t
      WHERE (t.target, t.entity, t.external_id) IN (
        SELECT o.system, o.entity, o.external_id FROM {objects} o
        UNION ALL SELECT c.target, c.entity, c.external_id FROM outbound_command c
          WHERE c.external_id IS NOT NULL AND c.line = ANY(:lines))""",
    "outbound_command": """UPDATE outbound_command SET changes = '[]', outcome_message = NULL,
        state = CASE WHEN state IN ('COLLECTED', 'PENDING') THEN 'CANCELLED' ELSE state END
      WHERE (target, external_id) IN (SELECT o.system, o.external_id FROM {objects} o) OR line = ANY(:lines)""",
    "shadow_command": """DELETE FROM shadow_command WHERE (target, external_id) IN (
        SELECT o.system, o.external_id FROM {objects} o) OR line = ANY(:lines)""",
    "correction": """DELETE FROM correction t USING {objects} o
      WHERE t.system = o.system AND t.entity = o.entity AND t.external_id = o.external_id""",
    # An event that waits, or whose work is a dead letter, tells of him in the line of the object it names.
    "inbox_event": """UPDATE inbox_event e SET body = '', headers = '{{}}', state = 'IGNORED', settled_at = :now
      FROM dispatch d JOIN {objects} o ON d.line = 'inbox/' || o.system || '/' || o.entity || '/' || o.external_id
      WHERE d.kind = 'inbox.apply' AND e.system = d.payload->>'system' AND e.event_id = d.payload->>'event'
        AND e.state = 'NEW'""",
    # Its row stays, so that a person's decision holds against a repeat; what it told of him does not.
    "quarantine": """UPDATE quarantine t SET body = '', content = NULL, corrected = NULL, fingerprint = NULL,
        reason = 'its person was erased', settled_reason = 'its person was erased',
        state = CASE WHEN state = 'OPEN' THEN 'DISCARDED' ELSE state END
      WHERE (t.system, t.entity, t.external_id) IN (SELECT o.system, o.entity, o.external_id FROM {objects} o)
        OR t.subject_key_id = ANY(:keys)""",
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

# Whoever was one with him for a while has what he said meanwhile in the rows of fields in which they differed.
_IN_CONFLICTS: Final = """
UPDATE field_conflict t SET
  base = CASE WHEN t.base IS DISTINCT FROM t.kept AND t.base IN (SELECT e->>2 FROM jsonb_array_elements(t.turns) e
    WHERE (e->>0, e->>1) IN {nodes}) THEN NULL ELSE t.base END,
  turns = (SELECT coalesce(jsonb_agg(e ORDER BY place), '[]') FROM jsonb_array_elements(t.turns)
    WITH ORDINALITY AS x(e, place) WHERE (e->>0, e->>1) NOT IN {nodes}),
  sides = (SELECT coalesce(jsonb_agg(e ORDER BY place), '[]') FROM jsonb_array_elements(t.sides)
    WITH ORDINALITY AS x(e, place) WHERE (e->>0, e->>1) NOT IN {nodes}),
  earlier = (SELECT coalesce(jsonb_agg(e ORDER BY place), '[]') FROM jsonb_array_elements(t.earlier)
    WITH ORDINALITY AS x(e, place) WHERE NOT EXISTS (SELECT FROM {nodes} AS n(system, id) CROSS JOIN LATERAL
      (SELECT jsonb_build_array(jsonb_build_array(n.system, n.id)) AS one) p
      WHERE e @> jsonb_build_object('joined', p.one)
        OR e @> jsonb_build_object('case', jsonb_build_object('turns', p.one))
        OR e @> jsonb_build_object('case', jsonb_build_object('sides', p.one))))
WHERE EXISTS (SELECT FROM {nodes} AS n(system, id) CROSS JOIN LATERAL
  (SELECT jsonb_build_array(jsonb_build_array(n.system, n.id)) AS one) p
  WHERE t.turns @> p.one OR t.sides @> p.one
    OR t.earlier @> jsonb_build_array(jsonb_build_object('joined', p.one))
    OR t.earlier @> jsonb_build_array(jsonb_build_object('case', jsonb_build_object('turns', p.one)))
    OR t.earlier @> jsonb_build_array(jsonb_build_object('case', jsonb_build_object('sides', p.one))))"""

_OF_CUSTOMER: Final[Mapping[str, str]] = {
    "customer_alias": "DELETE FROM customer_alias WHERE current_id = ANY(:ids)",
    "customer": "DELETE FROM customer WHERE id = ANY(:ids)",
    # That two records were joined stays, for the trail of who decided what; why is free text.
    "steward_act": "UPDATE steward_act SET reason = NULL WHERE customer_id = ANY(:ids) AND reason IS NOT NULL",
}

_ELSEWHERE: Final = frozenset({"customer_identifier", "customer_touch", "steward_act"})
"""What names a customer and is removed last, tells caches that he changed, or stays as proof of what was decided."""


_NAMELESS: Final[Mapping[Entity, tuple[str, ...]]] = {
    Entity.BUSINESS_REQUEST: (
        """UPDATE request_handling h SET answers = '{}', state_reason = NULL, session_id = NULL FROM kept k
           WHERE h.request_id = k.id""",
    ),
    Entity.SALES_LEAD: (
        "DELETE FROM lead_counterpart c USING kept k WHERE c.lead_id = k.id",
        "DELETE FROM lead_response r USING kept k WHERE r.lead_id = k.id",
        "DELETE FROM lead_delivery d USING kept k WHERE d.lead_id = k.id",
    ),
}
"""What hangs on a retained record and tells of him, and the law does not ask for."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows went, by table, and how many records a legal duty keeps, by entity."""

    counts: Mapping[str, int]
    retained: Mapping[str, int]


async def forget(
    connection: AsyncConnection, who: Whose, request_id: UUID, retention_days: Mapping[str, int], now: datetime
) -> Forgotten:
    """Remove every row about the person; what must be retained stays without his name on it."""
    retained = await _retain(connection, who, request_id, retention_days, now)
    counts: dict[str, int] = {}
    for table in _own_tables():
        counts[table] = await _run(connection, who, f"DELETE FROM {table} t WHERE {conditions()[table]}")  # noqa: S608  constant names
    who = replace(who, objects=await objects_of(connection, who.nodes))
    for node in who.nodes:
        await forget_twins_of(connection, node.system, node.external_id)
    await _run(connection, who, _IN_CONFLICTS.format(nodes=NODES))
    for table, written in {**_OF_SOURCES, **_OF_CUSTOMER}.items():
        counts[table] = await _run(connection, who, written.format(nodes=NODES, objects=_OBJECTS), now=now)
    return Forgotten({table: count for table, count in counts.items() if count}, retained)


def _own_tables() -> list[str]:
    """Every table with a customer's rows that no source record finds, what hangs on others first."""
    return [name for name in reversed(list(conditions())) if name not in _ELSEWHERE and _names_customer(name)]


def _names_customer(table: str) -> bool:
    return "customer_id" in METADATA.tables[table].columns


async def _run(connection: AsyncConnection, who: Whose, statement: str, **binds: object) -> int:
    return (await connection.execute(text(statement), who.bound(statement, **binds))).rowcount


async def _retain(
    connection: AsyncConnection,
    who: Whose,
    request_id: UUID,
    retention_days: Mapping[str, int],
    now: datetime,
) -> Mapping[str, int]:
    retained = {}
    for entity, table in TABLE_OF.items():
        days = retention_days.get(entity.value)
        if days is None:
            continue
        more = "".join(f", nameless_{place} AS ({one})" for place, one in enumerate(_NAMELESS.get(entity, ())))
        count = await _run(
            connection,
            who,
            f"""WITH kept AS (
                  UPDATE {table} SET customer_id = NULL, owner = NULL
                  WHERE customer_id = ANY(:ids) AND NOT deleted
                    AND as_of > CAST(:now AS timestamptz) - make_interval(days => :days)
                  RETURNING id, system, external_id, as_of){more},
                nameless AS (
                  UPDATE source_record s SET owner = NULL, document = s.document - 'customer' FROM kept k
                  WHERE s.system = k.system AND s.entity = CAST(:entity AS text)
                    AND s.external_id = k.external_id)
                INSERT INTO retained_record (system, entity, external_id, request_id, until)
                SELECT system, CAST(:entity AS text), external_id, CAST(:request AS uuid),
                  as_of + make_interval(days => :days) FROM kept
                ON CONFLICT (system, entity, external_id) DO NOTHING""",  # noqa: S608  constant names
            now=now,
            days=days,
            entity=entity.value,
            request=request_id,
        )
        if count:
            retained[entity.value] = count
    return retained
