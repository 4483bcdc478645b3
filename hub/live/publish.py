"""Say that something changed, as part of the transaction that changes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.live.changes import PUBLISHED, Change
from hub.live.tables import ChangePending
from hub.store.doorbell import ring_after_commit
from hub.store.insert import insert_new


async def publish(connection: AsyncConnection, changes: Sequence[Change], at: datetime) -> None:
    """Hand `changes` to the feed, in this order, if and when the transaction of `connection` commits.

    Takes no lock that another writer waits for. Who numbers changes is rung behind the commit: a NOTIFY here would put
    all commits in one line.
    """
    if not changes:
        return
    rows = [(change.topic, change.object_id, change.kind, at) for change in changes]
    await insert_new(connection, ChangePending, ("topic", "object_id", "kind", "at"), rows)
    ring_after_commit(connection, PUBLISHED)
