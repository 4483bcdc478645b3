"""The part of the feed that a subscriber has missed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from hub.errors import CursorTooOld
from hub.live.changes import NumberedChange, Place, numbered
from hub.live.generation import GENERATION
from hub.live.reader import Interest
from hub.store.engine import Database

_BOUNDS = text(f"""
SELECT position AS tail, greatest(position, (SELECT max(position) FROM change_feed)) AS head, {GENERATION} AS generation
  FROM feed_tail WHERE id = 1
""")  # noqa: S608  constant

_OF_TOPIC = """
SELECT position, topic, object_id, kind, at FROM change_feed
 WHERE topic = :topic AND position > :after AND position <= :up_to
 ORDER BY position LIMIT :limit
"""

_TOPIC_PAGE = text(_OF_TOPIC)
_OBJECT_PAGE = text(_OF_TOPIC.replace(" AND position >", " AND object_id = :object_id AND position >"))


@dataclass(frozen=True, slots=True)
class GapPage:
    """Changes in order of position; the feed holds no others of this interest up to and including `scanned`."""

    changes: list[NumberedChange]
    scanned: int
    full: bool


async def read_gap(database: Database, interest: Interest, after: Place, up_to: int | None, limit: int) -> GapPage:
    """The first `limit` changes of `interest` in (after, up_to], or to the end of the feed when `up_to` is None.

    Raises CursorTooOld when the feed does not hold everything behind `after`, or is of another generation.
    """
    binds = {"topic": interest.topic, "after": after.position, "limit": limit}
    async with database.reading() as connection:
        tail, head, generation = (await connection.execute(_BOUNDS)).one()
        if generation != after.generation or not tail <= after.position <= head:
            raise CursorTooOld
        last = head if up_to is None else up_to
        if interest.object_id is None:
            result = await connection.execute(_TOPIC_PAGE, {**binds, "up_to": last})
        else:
            result = await connection.execute(_OBJECT_PAGE, {**binds, "up_to": last, "object_id": interest.object_id})
        changes = [numbered(generation, row) for row in result]
    full = len(changes) == limit
    return GapPage(changes, changes[-1].position if full else last, full)
