"""Tell live records as the road tells them that now counts: its stamps and fingerprints for the same contents."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

from hub.flows.lane import LaneContext
from hub.store.engine import Database
from hub.store.sets import read_along_keys

PAGE: Final = 2000

# Locked in the order in which apply locks, so that a page and this cannot wait for each other.
_ADOPT: Final = text("""
WITH t AS MATERIALIZED (
  SELECT external_id, digest, stamp, fingerprint FROM shadow_record
  WHERE lane_id = :lane AND external_id > :after ORDER BY external_id LIMIT :limit),
s AS MATERIALIZED (
  SELECT t.external_id, t.stamp, t.fingerprint FROM t CROSS JOIN LATERAL (
    SELECT o.digest, o.fingerprint FROM source_record o
    WHERE o.system = :system AND o.entity = :entity AND o.external_id = t.external_id LIMIT 1 FOR UPDATE) o
  WHERE o.digest = t.digest AND o.fingerprint IS DISTINCT FROM t.fingerprint),
u AS (
  UPDATE source_record o SET stamp = s.stamp, fingerprint = s.fingerprint FROM s
  WHERE o.system = :system AND o.entity = :entity AND o.external_id = s.external_id RETURNING 1)
SELECT max(t.external_id) AS after, (SELECT count(*) FROM u) AS adopted FROM t""")


async def adopt_fingerprints(database: Database, lane: LaneContext) -> int:
    """Take the twins' stamps and fingerprints over where live holds the same content; returns how many.

    Fingerprints of different roads never agree, so the first sweep after a cut-over from a file would otherwise read
    every object at the source once more. In transactions of its own, a page each; before the twins are forgotten.
    """
    adopted, after = 0, ""
    binds = {"lane": lane.lane_id, "system": lane.system, "entity": lane.entity.value, "limit": PAGE}
    while True:
        async with database.transaction() as connection:
            await read_along_keys(connection)
            row = (await connection.execute(_ADOPT, {**binds, "after": after})).one()
        if row.after is None:
            return adopted
        adopted, after = adopted + row.adopted, row.after
