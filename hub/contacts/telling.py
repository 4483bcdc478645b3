"""Say what happened in a contact: to the customer's timeline, and to who follows the object or the customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.tables import TimelineEntry
from hub.live.changes import Change
from hub.live.publish import publish
from hub.records.contact import TimelineKind
from hub.store.write_row import insert_row


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened; what is not about a known customer has no place in a timeline."""

    kind: TimelineKind
    customer: UUID | None
    channel: str | None = None
    session: UUID | None = None
    request: UUID | None = None
    commitment: UUID | None = None
    subject: str | None = None
    lead: UUID | None = None


async def tell(
    connection: AsyncConnection,
    entry: Entry,
    now: datetime,
    at: datetime | None = None,
    changes: Sequence[Change] = (),
) -> None:
    """Add it to the customer's history, and let his followers know; `at` is when it happened, if that is not now.

    `changes` of the objects it is about are published with it, before the customer's.
    """
    if entry.customer is None:
        if changes:
            await publish(connection, changes, now)
        return
    await insert_row(connection, TimelineEntry, _values(entry, at or now))
    await publish(connection, [*changes, _history(entry.customer)], now)


async def tell_each(
    connection: AsyncConnection, entries: Sequence[Entry], now: datetime, changes: Sequence[Change] = ()
) -> None:
    """As `tell` for each, with one statement for all of them."""
    about = [entry for entry in entries if entry.customer is not None]
    if about:
        await connection.execute(insert(TimelineEntry), [_values(entry, now) for entry in about])
    histories = [_history(customer) for customer in dict.fromkeys(entry.customer for entry in about)]
    await publish(connection, [*changes, *histories], now)


def _history(customer: UUID | None) -> Change:
    return Change("Customer", str(customer), "CustomerAttributeValueChangeEvent")


def _values(entry: Entry, at: datetime) -> dict[str, object]:
    return {
        "id": uuid4(),
        "customer_id": entry.customer,
        "at": at,
        "kind": entry.kind.value,
        "channel": entry.channel,
        "session_id": entry.session,
        "request_id": entry.request,
        "commitment_id": entry.commitment,
        "lead_id": entry.lead,
        "subject": entry.subject,
    }


async def follow_customer(connection: AsyncConnection, session: UUID, customer: UUID) -> None:
    """The history of a session that turned out to be about another customer goes with it."""
    moved = update(TimelineEntry).where(TimelineEntry.session_id == session).values(customer_id=customer)
    await connection.execute(moved)


async def announce(connection: AsyncConnection, topic: str, identity: UUID, event: str, now: datetime) -> None:
    """Tell who follows one object; `event` without the type's name in front, such as StateChangeEvent."""
    await publish(connection, [changed(topic, identity, event)], now)


def changed(topic: str, identity: UUID, event: str) -> Change:
    """A change to publish; `event` as `announce` takes it."""
    return Change(topic, str(identity), f"{topic}{event}")
