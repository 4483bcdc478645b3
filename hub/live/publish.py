"""Say that something changed, as part of the transaction that changes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.live.changes import Change
from hub.store.sets import run_set

_INSERT = """
INSERT INTO change_pending (topic, object_id, kind, at)
SELECT r.topic, r.object_id, r.kind, CAST(:at AS timestamptz)
  FROM json_to_recordset(CAST(:rows AS json)) AS r(topic text, object_id text, kind text)
"""


async def publish(connection: AsyncConnection, changes: Sequence[Change], at: datetime) -> None:
    """Hand `changes` to the feed, in this order, if and when the transaction of `connection` commits.

    Takes no lock that another writer waits for and notifies nobody: a NOTIFY here would put all commits in one line.
    """
    if not changes:
        return
    rows = [{"topic": change.topic, "object_id": change.object_id, "kind": change.kind} for change in changes]
    await run_set(connection, _INSERT, rows, at=at)
