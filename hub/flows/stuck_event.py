"""The pushed event that stuck work would take in: what a person looks at before he tries it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.exchange.inbox import events_of
from hub.store.keys import KeyRing


@dataclass(frozen=True, slots=True)
class StuckEvent:
    """Which event; `received_at` by the hub's clock. Holds no personal data."""

    system: str
    event_id: str
    received_at: datetime


async def event_of(connection: AsyncConnection, payload: Mapping[str, object]) -> StuckEvent | None:
    """The event that a dispatch row is about; None for work of another kind, and once the event is forgotten."""
    if "event" not in payload:
        return None
    row = (
        await connection.execute(
            text("SELECT system, event_id, received_at FROM inbox_event WHERE system = :system AND event_id = :event"),
            {"system": payload["system"], "event": payload["event"]},
        )
    ).one_or_none()
    return None if row is None else StuckEvent(row.system, row.event_id, row.received_at)


async def body_of(connection: AsyncConnection, keys: KeyRing, event: StuckEvent) -> bytes | None:
    """Its original bytes, as they were signed; personal data, so whoever shows them notes it. None once forgotten."""
    stored = await events_of(connection, keys, event.system, [event.event_id])
    return stored[event.event_id].body if event.event_id in stored else None
