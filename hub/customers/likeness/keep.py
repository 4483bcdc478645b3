"""Keep the likenesses of source customers as they are written; nothing is kept before weights were first learned."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.customers.likeness.person import keys_of_record, person_of
from hub.records.customer import CustomerRecord
from hub.store.sets import run_set


async def keep_likenesses(connection: AsyncConnection, records: Mapping[Node, CustomerRecord]) -> bool:
    """Whether any were kept. Two statements a page, and one where the installation does not recognise by likeness."""
    if not records or not await connection.scalar(text("SELECT EXISTS (SELECT FROM likeness_weights)")):
        return False
    await write_likenesses(connection, records)
    return True


async def write_likenesses(connection: AsyncConnection, records: Mapping[Node, CustomerRecord]) -> None:
    """Replace what is kept of these records; only keys that changed are written."""
    rows = []
    for node, record in sorted(records.items()):
        person = person_of(record)
        keys = sorted(keys_of_record(record, person))
        rows.append({"system": node.system, "external_id": node.external_id, "fields": list(person), "keys": keys})
    await run_set(
        connection,
        """WITH r AS MATERIALIZED (SELECT * FROM json_to_recordset(CAST(:rows AS json))
             AS r(system text, external_id text, fields text[], keys bigint[])),
           gone AS (DELETE FROM likeness_key k USING r
             WHERE k.system = r.system AND k.external_id = r.external_id AND k.key <> ALL(r.keys)),
           kept AS (INSERT INTO likeness (system, external_id, fields) SELECT r.system, r.external_id, r.fields FROM r
             ON CONFLICT (system, external_id) DO UPDATE SET fields = excluded.fields, judged_by = 0
               WHERE likeness.fields <> excluded.fields)
           INSERT INTO likeness_key (key, system, external_id)
           SELECT k.key, r.system, r.external_id FROM r CROSS JOIN LATERAL unnest(r.keys) AS k(key)
           ON CONFLICT DO NOTHING""",
        rows,
    )
