"""Events that systems push: stored once under (system, event id), together with the work of taking them in."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import Clock
from hub.exchange.tables import EventState
from hub.observe.context import carried_context
from hub.store.engine import Database
from hub.store.keys import KeyRing, SubjectCipher
from hub.store.sets import run_set
from hub.work.dispatch import dispatch
from hub.work.tables import Queue
from hub.work.together import Together
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


STORED_AT_ONCE: Final = 100
"""Events in one transaction where so many arrive while the one before it is written."""

_INSERT: Final = """
INSERT INTO inbox_event (system, event_id, received_at, subject_key_id, headers, body)
SELECT r.system, r.event, r.at, r.key_id, r.headers, decode(r.body, 'base64')
FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, event text, at timestamptz, key_id uuid, headers jsonb,
  body text)
ORDER BY r.system, r.event
ON CONFLICT (system, event_id) DO NOTHING
RETURNING system, event_id"""


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
        self._store = Together(self._store_all, most=STORED_AT_ONCE, apart=True)

    async def take(self, event: PushedEvent) -> bool:
        """Store the event and order the work, or neither; False when it was stored before."""
        now = self._clock()
        cipher = await self._cipher(event.system, now)
        row = {
            "system": event.system,
            "event": event.event_id,
            "at": now,
            "key_id": cipher.key_id,
            "headers": event.headers,
            "body": b64encode(cipher.seal(event.body, _place(event.system, event.event_id))).decode(),
        }
        work = NewWork(
            kind=TAKE_IN,
            queue=Queue.REALTIME,
            payload={"system": event.system, "event": event.event_id},
            line=event.line,
            context={**carried_context(), "system": event.system},
        )
        return await self._store((row, work))

    async def _store_all(self, arrived: Sequence[tuple[Mapping[str, object], NewWork]]) -> list[bool]:
        """Which of them are new; an event that arrives twice at once is the first one's."""
        async with self._database.transaction() as connection:
            rows = await run_set(connection, _INSERT, [row for row, _ in arrived])
            stored = {(row.system, row.event_id) for row in rows}
            new = []
            for row, _ in arrived:
                new.append((row["system"], row["event"]) in stored)
                stored.discard((row["system"], row["event"]))
            ordered = [work for (_, work), is_new in zip(arrived, new, strict=True) if is_new]
            await dispatch(connection, ordered, self._clock())
        return new

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
    """An event read back; `received_at` by the hub's clock. A settled one has no body any more."""

    state: EventState
    received_at: datetime
    headers: Mapping[str, str]
    body: bytes


async def events_of(
    connection: AsyncConnection, keys: KeyRing, system: str, event_ids: Sequence[str]
) -> dict[str, StoredEvent]:
    """The events by their ids, without those that are forgotten."""
    rows = (
        await connection.execute(
            text(
                """SELECT event_id, state, received_at, headers, subject_key_id, body FROM inbox_event
                   WHERE system = :system AND event_id = ANY(CAST(:events AS text[]))"""
            ),
            {"system": system, "events": event_ids},
        )
    ).all()
    ciphers = await keys.ciphers_of(connection, {row.subject_key_id for row in rows})
    return {
        row.event_id: StoredEvent(
            EventState(row.state),
            row.received_at,
            row.headers,
            ciphers[row.subject_key_id].unseal(row.body, _place(system, row.event_id)) if row.body else b"",
        )
        for row in rows
        if row.subject_key_id in ciphers
    }


async def settle(connection: AsyncConnection, system: str, states: Mapping[str, EventState], now: datetime) -> None:
    """Say what became of events, by their ids, in a transaction of its own, which does not wait for the disk.

    What they told goes with it: it is truth by now, or nobody's business. Their ids stay, so that a repeat is known.
    After a crash of the server that forgets it the events are taken in once more, and change nothing.
    """
    await connection.execute(
        text(
            """UPDATE inbox_event e SET state = r.state, settled_at = :now, body = '', headers = '{}'
               FROM (SELECT set_config('synchronous_commit', 'off', true)) lazily,
                 unnest(CAST(:events AS text[]), CAST(:states AS text[])) AS r(event, state)
               WHERE e.system = :system AND e.event_id = ANY(CAST(:events AS text[])) AND e.event_id = r.event"""
        ),
        {"system": system, "events": list(states), "states": list(states.values()), "now": now},
    )


def _place(system: str, event_id: str) -> str:
    return f"inbox/{system}/{event_id}"
