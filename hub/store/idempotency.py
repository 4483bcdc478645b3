"""Do a thing once however often it is asked: the answer of the first time is kept for a day."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import orjson
from sqlalchemy import Index, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from hub.errors import Conflict
from hub.store.metadata import Table

KEPT_FOR: Final = timedelta(hours=24)

_FORGET = text(
    """
    DELETE FROM idempotency_key WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM idempotency_key WHERE at < :before ORDER BY at LIMIT :limit FOR UPDATE SKIP LOCKED
    ))
    """
)


class IdempotencyKey(Table):
    """A request a caller gave a key to; `digest` covers its input, `response` is what it came to."""

    __tablename__ = "idempotency_key"
    __table_args__ = (Index("ix_idempotency_key_at", "at"),)

    principal: Mapped[str] = mapped_column(primary_key=True)
    operation: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[bytes]
    response: Mapped[dict[str, object] | None]
    at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Call:
    """One request under a caller's own key."""

    principal: str
    operation: str
    key: str
    input: Mapping[str, object]

    @property
    def digest(self) -> bytes:
        """SHA-256 of the input: the same key with another input is a mistake of the caller."""
        return hashlib.sha256(orjson.dumps(self.input, option=orjson.OPT_SORT_KEYS, default=str)).digest()


async def once(
    connection: AsyncConnection, call: Call, now: datetime, work: Callable[[], Awaitable[Mapping[str, object]]]
) -> Mapping[str, object]:
    """The response of `work`, or of the first call with this key within a day; both in the caller's transaction.

    A second call that comes while the first is under way waits for it. An error of `work` leaves no key behind, so a
    repeat tries again. Conflict when the key was used for another input.
    """
    table = IdempotencyKey
    mine = (table.principal == call.principal, table.operation == call.operation)
    await connection.execute(delete(table).where(*mine, table.key == call.key, table.at < now - KEPT_FOR))
    values = {"principal": call.principal, "operation": call.operation, "key": call.key}
    statement = insert(table).values(**values, digest=call.digest, at=now).on_conflict_do_nothing()
    inserted = (await connection.execute(statement.returning(table.key))).one_or_none()
    if inserted is None:
        kept = (
            await connection.execute(select(table.digest, table.response).where(*mine, table.key == call.key))
        ).one()
        if kept.digest != call.digest:
            raise Conflict("this idempotency key was used for another input")
        return dict(kept.response or {})
    response = await work()
    await connection.execute(update(table).where(*mine, table.key == call.key).values(response=dict(response)))
    return response


async def forget_keys(connection: AsyncConnection, now: datetime, limit: int) -> int:
    """Delete up to `limit` keys that count for nothing any more, the oldest first, and tell how many."""
    return (await connection.execute(_FORGET, {"before": now - KEPT_FOR, "limit": limit})).rowcount
