"""What is left at the end: compared with the source, with a run that nothing disturbed, and with what was wanted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import orjson
from sqlalchemy import text

from hub.store.engine import Database

Golden = list[tuple[object, ...]]


async def golden(database: Database, system: str) -> Golden:
    """Everybody of one system in the golden record by business key: no surrogate id, no ledger, no time."""
    async with database.reading() as connection:
        rows = await connection.execute(
            text(
                """SELECT i.external_id, c.name, c.customer_number, c.kind,
                     ARRAY(SELECT m.kind || ' ' || m.value FROM contact_medium m WHERE m.customer_id = c.id ORDER BY 1),
                     ARRAY(SELECT a.locality FROM postal_address a WHERE a.customer_id = c.id ORDER BY 1)
                   FROM customer c JOIN customer_identifier i ON i.customer_id = c.id
                   WHERE i.system = :system AND NOT c.deleted ORDER BY 1"""
            ),
            {"system": system},
        )
        return [tuple(row) for row in rows]


def as_customers(state: Golden) -> list[tuple[str, str, str, str]]:
    """As the source would list them."""
    return sorted((str(row[0]), str(row[1]), _one(row[4]).removeprefix("EMAIL "), _one(row[5])) for row in state)


def _one(values: object) -> str:
    return ", ".join(map(str, values)) if isinstance(values, list) else str(values)


@dataclass(frozen=True)
class Effects:
    """What came to the target: by key how often, by object in their order what was written."""

    keys: Counter[str] = field(default_factory=Counter)
    values: dict[str, list[str]] = field(default_factory=dict)

    @property
    def doubled(self) -> int:
        return sum(count - 1 for count in self.keys.values())


def effects(drop: Path) -> Effects:
    """From every batch in the outbox, in the order of their numbers."""
    found = Effects()
    for file in sorted(drop.glob("outbox/*/commands.jsonl")):
        for line in file.read_bytes().splitlines():
            command = orjson.loads(line)
            found.keys[command["key"]] += 1
            found.values.setdefault(str(command["external_id"]), []).append(str(command["changes"][-1]["new"]))
    return found


async def cut_overs(database: Database) -> Counter[str]:
    """By flow how often authority moved to its faster lane."""
    async with database.reading() as connection:
        rows = await connection.execute(
            text("SELECT flow, count(*) AS n FROM cadence_migration WHERE cut_over_at IS NOT NULL GROUP BY flow")
        )
        return Counter({row.flow: row.n for row in rows})


async def windows(database: Database) -> list[tuple[str, bool, int, bool]]:
    """Flow, clean, unexplained and audit of every window compared, in order."""
    async with database.reading() as connection:
        rows = await connection.execute(
            text(
                """SELECT m.flow, p.clean, p.unexplained, p.audit FROM parity_run p
                   JOIN cadence_migration m ON m.id = p.migration WHERE p.compared_at IS NOT NULL
                   ORDER BY p.compared_at"""
            )
        )
        return [(row.flow, row.clean, row.unexplained, row.audit) for row in rows]


async def stuck(database: Database) -> dict[str, int]:
    """What waits for a person: dead or unknown work, commands and quarantine."""
    async with database.reading() as connection:
        rows = await connection.execute(
            text(
                """SELECT concat_ws(' ', 'work', kind, state, last_error_code, last_error_message) AS what,
                     count(*) AS n
                   FROM dispatch
                   WHERE state NOT IN ('READY', 'SENT', 'RUNNING', 'DONE', 'WAITING')
                   GROUP BY 1
                   UNION ALL SELECT 'command ' || state, count(*) FROM outbound_command
                   WHERE state NOT IN ('DONE', 'MERGED') GROUP BY 1
                   UNION ALL SELECT 'quarantine', count(*) FROM quarantine WHERE state = 'OPEN' HAVING count(*) > 0"""
            )
        )
        return {row.what: row.n for row in rows}


async def refused_runs(database: Database) -> int:
    """Runs that wrote for an epoch that a cut-over or a rollback had ended."""
    async with database.reading() as connection:
        statement = "SELECT count(*) FROM flow_run WHERE error_code = 'STALE_EPOCH'"
        found: int = await connection.scalar(text(statement))
        return found


async def open_work(database: Database) -> list[str]:
    """Work that is not done, by kind and state: how much, the oldest's attempts and what it met last."""
    async with database.reading() as connection:
        rows = await connection.execute(
            text(
                """SELECT kind, state, count(*) AS n, min(id) AS oldest, max(attempts) AS attempts,
                     max(last_error_code) AS code
                   FROM dispatch WHERE state <> 'DONE' GROUP BY kind, state ORDER BY 1, 2"""
            )
        )
        return [
            f"{row.n} {row.kind} {row.state} (id {row.oldest}, attempts {row.attempts}, {row.code})" for row in rows
        ]


async def unfinished(database: Database) -> list[str]:
    """Of every flow that is not COMPLETED: its newest migration, windows not compared and last runs of its lanes."""
    async with database.reading() as connection:
        rows = await connection.scalars(text(_UNFINISHED))
        return list(rows)


_UNFINISHED: Final = """
WITH newest AS (SELECT DISTINCT ON (flow) * FROM cadence_migration ORDER BY flow, created_at DESC),
     open AS (SELECT * FROM newest WHERE state <> 'COMPLETED')
SELECT format('%s %s since %s, shadow since %s, now %s: %s', flow, state, changed_at, shadow_since, now(), problem)
FROM open
UNION ALL SELECT format('window %s of %s, audit %s: %s to %s, compared %s, clean %s, against it %s', p.number, o.flow,
    p.audit, p.since, p.until, p.compared_at, p.clean, (SELECT jsonb_agg(e) FROM (
      SELECT e FROM jsonb_array_elements(p.examples) e WHERE NOT (e->>'explained')::boolean LIMIT 3) few))
  FROM open o CROSS JOIN LATERAL (
    SELECT * FROM parity_run p WHERE p.migration = o.id ORDER BY p.number DESC LIMIT 4) p
UNION ALL SELECT format('quarantined by the %s lane of %s: %s times %s', l.cadence, o.flow, count(*), min(q.code))
  FROM open o JOIN lane l ON l.flow = o.flow JOIN quarantine q ON q.lane_id = l.id AND q.state = 'OPEN'
  GROUP BY l.cadence, o.flow
UNION ALL SELECT format('run of %s %s: %s, %s created, %s to %s, %s, dispatch %s', o.flow, l.cadence, r.state,
    r.created_at, r.source_since, r.source_until, r.error_code,
    (SELECT state FROM dispatch d WHERE d.dedupe_key = 'run:' || r.id))
  FROM open o JOIN lane l ON l.flow = o.flow CROSS JOIN LATERAL (
    SELECT * FROM flow_run r WHERE r.lane_id = l.id ORDER BY r.created_at DESC LIMIT 3) r"""
