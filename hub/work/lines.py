"""Order within a line: one row of it is at the head, and finishing that one brings the next forward."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.sets import run_set
from hub.work.tables import AT_HEAD

_LOCK = """
INSERT INTO dispatch_line (line, joined_at)
SELECT DISTINCT r.line, CAST(:now AS timestamptz) FROM json_to_recordset(CAST(:rows AS json)) AS r(line text)
ORDER BY 1
ON CONFLICT (line) DO UPDATE SET joined_at = excluded.joined_at
"""

# The probe starts behind `after`: in a long line the index keeps the entries of those who left until vacuum has passed,
# and a search from the front would walk over all of them for each promotion. It compares (line, id) as a whole, and the
# line again afterwards, because the planner would rather walk along the primary key, past the rows of all other lines.
_PROMOTE = f"""
UPDATE dispatch SET state = 'READY'
FROM json_to_recordset(CAST(:rows AS json)) AS r(line text, after bigint)
CROSS JOIN LATERAL (
    SELECT w.id, w.line FROM dispatch w
    WHERE w.state = 'WAITING' AND (w.line, w.id) > (r.line, r.after) ORDER BY w.line, w.id LIMIT 1
) next
WHERE dispatch.id = next.id AND next.line = r.line
  AND NOT EXISTS (SELECT FROM dispatch h WHERE h.line = r.line AND h.line IS NOT NULL AND h.{AT_HEAD})
RETURNING dispatch.line
"""  # noqa: S608 - a constant of ours


async def lock_lines(connection: AsyncConnection, lines: Iterable[str], now: datetime) -> None:
    """Hold these lines until the transaction ends; in one order, so that two such calls cannot wait in a ring."""
    await run_set(connection, _LOCK, [{"line": line} for line in lines], now=now)


async def promote(connection: AsyncConnection, after: Mapping[str, int]) -> None:
    """Bring the next of each line that has no head forward; `after` maps a line the caller holds to who left it.

    A row that came back with a smaller id than the one that left (a requeued dead letter) follows last.
    """
    rows = [{"line": line, "after": row_id} for line, row_id in after.items()]
    promoted = set((await run_set(connection, _PROMOTE, rows)).scalars())
    if left := [{"line": line, "after": 0} for line in after if line not in promoted]:
        await run_set(connection, _PROMOTE, left)
