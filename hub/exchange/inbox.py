"""Events that systems push: stored once under (system, event id), together with the work of taking them in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import Clock
from hub.exchange.tables import EventState
from hub.store.engine import Database
from hub.store.keys import KeyRing, SubjectCipher
from hub.work.dispatch import dispatch
from hub.work.tables import Queue
from hub.work.work import NewWork

TAKE_IN: Final = "inbox.apply"
"""Kind of the dispatch rows that take an event in; payload {"system", "event"}."""


OF_INBOX: Final = ":inbox"
"""Behind a system's name, where no system is called so: the owner of the keys of its inbox, whose subjects are days."""


@dataclass(frozen=True, slots=True)
class PushedEvent:
    """A verified event; `headers` are those its adapter keeps. Events of one `line` are taken in one by one."""

    system: str
    event_id: str
    headers: Mapping[str, str]
    body: bytes
    line: str | None = None


_INSERT: Final = text(
    """INSERT INTO inbox_event (system, event_id, received_at, subject_key_id, headers, body)
       VALUES (:system, :event, :now, :key_id, CAST(:headers AS jsonb), :body)
       ON CONFLICT (system, event_id) DO NOTHING"""
)


class Inbox:
    """The store's side of receiving, on one event loop.

    Whose data a body holds is not known before it is understood, so bodies are encrypted under a key per system and
    day. Forgetting the day's events drops its key.

    An event and its work are two inserts of one transaction, and cannot be one statement: whether its object's line has
    a head must be looked up behind the lock on the line, while one statement sees all of its tables as they were before
    it waited for that lock, and so would now and then leave a line without a head, or with two.
    """

    def __init__(self, database: Database, keys: KeyRing, clock: Clock) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._ciphers: dict[str, tuple[str, SubjectCipher]] = {}

    async def take(self, event: PushedEvent) -> bool:
        """Store the event and order the work, or neither; False when it was stored before."""
        now = self._clock()
        cipher = await self._cipher(event.system, now)
        async with self._database.transaction() as connection:
            binds = {
                "system": event.system,
                "event": event.event_id,
                "now": now,
                "key_id": cipher.key_id,
                "headers": orjson.dumps(event.headers).decode(),
                "body": cipher.seal(event.body, _place(event.system, event.event_id)),
            }
            if (await connection.execute(_INSERT, binds)).rowcount == 0:
                return False
            work = NewWork(
                kind=TAKE_IN,
                queue=Queue.REALTIME,
                payload={"system": event.system, "event": event.event_id},
                line=event.line,
                context={"system": event.system},
            )
            await dispatch(connection, [work], now)
        return True

    async def _cipher(self, system: str, now: datetime) -> SubjectCipher:
        day = now.date().isoformat()
        held = self._ciphers.get(system)
        if held is not None and held[0] == day:
            return held[1]
        # In a transaction of its own: a key that is kept for later events must not vanish with the first one.
        async with self._database.transaction() as connection:
            cipher = (await self._keys.ciphers(connection, f"{system}{OF_INBOX}", [day], now))[day]
        self._ciphers[system] = (day, cipher)
        return cipher


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event read back; `received_at` by the hub's clock."""

    state: EventState
    received_at: datetime
    headers: Mapping[str, str]
    body: bytes


async def event_of(connection: AsyncConnection, keys: KeyRing, system: str, event_id: str) -> StoredEvent | None:
    """The event, None once it is forgotten."""
    row = (
        await connection.execute(
            text(
                """SELECT state, received_at, headers, subject_key_id, body FROM inbox_event
                   WHERE system = :system AND event_id = :event"""
            ),
            {"system": system, "event": event_id},
        )
    ).one_or_none()
    cipher = None if row is None else await keys.cipher_of(connection, row.subject_key_id)
    if row is None or cipher is None:
        return None
    body = cipher.unseal(row.body, _place(system, event_id))
    return StoredEvent(EventState(row.state), row.received_at, row.headers, body)


async def settle(connection: AsyncConnection, system: str, event_id: str, state: EventState, now: datetime) -> None:
    """Say what became of an event, in a transaction of its own, which does not wait for the disk.

    After a crash of the server that forgets it the event is taken in once more, and changes nothing.
    """
    await connection.execute(
        text(
            """UPDATE inbox_event SET state = :state, settled_at = :now
               FROM (SELECT set_config('synchronous_commit', 'off', true)) lazily
               WHERE system = :system AND event_id = :event"""
        ),
        {"system": system, "event": event_id, "state": state, "now": now},
    )


def _place(system: str, event_id: str) -> str:
    return f"inbox/{system}/{event_id}"
