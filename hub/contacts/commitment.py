"""Promises to customers: made, kept, withdrawn, and found broken by schedule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.start_session import check_words
from hub.contacts.states import COMMITMENT_STATES
from hub.contacts.tables import Commitment
from hub.contacts.telling import Entry, announce, tell
from hub.errors import Invalid, NotFound
from hub.records.contact import CommitmentState, TimelineKind
from hub.store.audit import Deed, record_deed

TOPIC: Final = "Commitment"
LATEST: Final = timedelta(days=366)
"""Nobody keeps a promise for longer than that in mind."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised to whom, until when, and who keeps it."""

    customer: UUID
    promise: str
    due_at: datetime
    handler: str
    session: UUID | None = None
    request: UUID | None = None
    channel: str | None = None


async def make_commitment(connection: AsyncConnection, promise: Promise, by: str, now: datetime) -> UUID:
    """Invalid for a time that has passed, or that nobody lives to see."""
    check_words("promise", promise.promise)
    if not now < promise.due_at <= now + LATEST:
        raise Invalid(f"a promise is due in the future, within {LATEST.days} days", ("dueAt",))
    identity = uuid4()
    await connection.execute(
        insert(Commitment).values(
            id=identity,
            customer_id=promise.customer,
            session_id=promise.session,
            request_id=promise.request,
            promise=promise.promise,
            due_at=promise.due_at,
            handler=promise.handler,
            state=CommitmentState.OPEN,
            made_by=by,
            made_at=now,
        )
    )
    entry = Entry(
        TimelineKind.COMMITMENT_MADE,
        promise.customer,
        promise.channel,
        promise.session,
        promise.request,
        identity,
        promise.promise,
    )
    await tell(connection, entry, now)
    await announce(connection, TOPIC, identity, "CreateEvent", now)
    return identity


async def settle_commitment(
    connection: AsyncConnection, identity: UUID, to: CommitmentState, by: str, now: datetime
) -> None:
    """KEPT or WITHDRAWN. Invalid for BROKEN, which only time makes it; Conflict where the table forbids it."""
    if to not in (CommitmentState.KEPT, CommitmentState.WITHDRAWN):
        raise Invalid("a person keeps a promise or withdraws it", ("to",))
    row = await _hold(connection, identity)
    COMMITMENT_STATES.check(CommitmentState(row.state), to)
    await _move(connection, row, to, now, settled_at=now, settled_by=by)


async def break_overdue(connection: AsyncConnection, now: datetime, limit: int, escalated_to: str | None = None) -> int:
    """Escalate up to `limit` promises that were due and not kept: BROKEN, and told to who follows them.

    `escalated_to` keeps each from now on; the audit trail says who was to keep it.
    """
    due = (
        select(*_COLUMNS)
        .where(Commitment.state == CommitmentState.OPEN.value, Commitment.due_at <= now)
        .order_by(Commitment.due_at, Commitment.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = (await connection.execute(due)).all()
    for row in rows:
        taken = escalated_to if escalated_to is not None and escalated_to != row.handler else None
        columns = {} if taken is None else {"handler": taken}
        await _move(connection, row, CommitmentState.BROKEN, now, broken_at=now, **columns)
        if taken is not None:
            detail = {"from": row.handler, "to": taken}
            deed = Deed("schedule:break-overdue-commitments", "escalate", "Commitment", str(row.id), detail=detail)
            await record_deed(connection, deed, now)
    return len(rows)


_COLUMNS: Final = (
    Commitment.id,
    Commitment.customer_id,
    Commitment.state,
    Commitment.request_id,
    Commitment.promise,
    Commitment.handler,
)


async def _hold(
    connection: AsyncConnection, identity: UUID
) -> Row[*tuple[Any, ...]]:  # Any: SQLAlchemy's row of _COLUMNS
    found = select(*_COLUMNS).where(Commitment.id == identity).with_for_update()
    row = (await connection.execute(found)).one_or_none()
    if row is None:
        raise NotFound("there is no such commitment")
    return row


async def _move(
    connection: AsyncConnection, row: Row[*tuple[Any, ...]], to: CommitmentState, now: datetime, **columns: Any
) -> None:
    await connection.execute(update(Commitment).where(Commitment.id == row.id).values(state=to, **columns))
    entry = Entry(
        TimelineKind.COMMITMENT_CHANGED,
        row.customer_id,
        request=row.request_id,
        commitment=row.id,
        subject=f"{to.value}: {row.promise}",
    )
    await tell(connection, entry, now)
    await announce(connection, TOPIC, row.id, "StateChangeEvent", now)
