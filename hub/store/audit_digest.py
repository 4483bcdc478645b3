"""What the digests of the audit trail cover; sealing and verifying must agree on it to the byte."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Row

from hub.store.keys import KeyRing

EVENT_COLUMNS = (
    "id, at, principal, action, object_type, object_id, outcome, request_id, detail,"
    " address, purpose, session, channel, customers"
)
"""What `event_digest` reads, as a statement selects it."""

BEGINNING = b""
"""What stands for the seal before the first one."""


def event_digest(keys: KeyRing, event: Row[Any]) -> bytes:
    """Keyed, over every column of the event: who can write to the database and has no key cannot make another.

    The columns for where and why came later, and then that for several customers. An event that has none of them keeps
    the digest it always had, which no other event can have: with them the list is longer.
    """
    columns = [
        event.id,
        event.at.astimezone(UTC),
        event.principal,
        event.action,
        event.object_type,
        event.object_id,
        event.outcome,
        event.request_id,
        event.detail,
    ]
    session = None if event.session is None else str(event.session)
    later: list[object] = [event.address, event.purpose, session, event.channel]
    if event.customers is not None:
        later.append([str(customer) for customer in event.customers])
    columns += [] if all(value is None for value in later) else later
    return keys.proof(b"audit event" + orjson.dumps(columns, option=orjson.OPT_SORT_KEYS))


def seal_digest(keys: KeyRing, previous: bytes, number: int, at: datetime, events: Iterable[bytes]) -> bytes:
    """Keyed, over the digest of the seal before, this seal's number and time, and its events in order of id."""
    head = orjson.dumps([number, at.astimezone(UTC)])
    return keys.proof(b"".join([b"audit seal", previous, head, *events]))


def forgotten_proof(keys: KeyRing, previous: bytes, seal: Row[Any]) -> bytes:
    """Keyed, over a whole seal and the digest of the one before it: its events were deleted because they were old."""
    head = orjson.dumps([seal.number, seal.at.astimezone(UTC), seal.events])
    return keys.proof(b"".join([b"audit forgotten", previous, head, seal.digest]))
