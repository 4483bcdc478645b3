"""Seal the audit trail into the digest chain, in batches behind the events.

Chaining each event as it is written would put all writers, and all readers of customers, in one line.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.audit_digest import BEGINNING, EVENT_COLUMNS, event_digest, seal_digest
from hub.store.keys import KeyRing
from hub.store.sets import run_set

_TURN = text("SELECT pg_try_advisory_xact_lock(hashtext('contacthub.audit.seal'))")

_UNSEALED = text(f"SELECT {EVENT_COLUMNS} FROM audit_event WHERE seal IS NULL ORDER BY id LIMIT :limit")  # noqa: S608

_LAST = text("SELECT number, digest FROM audit_seal ORDER BY number DESC LIMIT 1")

_SEAL = text("INSERT INTO audit_seal (number, at, events, digest) VALUES (:number, :at, :events, :digest)")

_MARK = """
UPDATE audit_event e SET seal = :number, digest = decode(r.digest, 'hex')
FROM json_to_recordset(CAST(:rows AS json)) AS r(id bigint, digest text) WHERE e.id = r.id
"""


async def seal_audit(connection: AsyncConnection, keys: KeyRing, now: datetime, limit: int) -> int:
    """Put up to `limit` events under a new seal and tell how many; 0 also while another process has the turn.

    An event that commits late, with a smaller id than those sealed, comes under the next seal.
    """
    if not await connection.scalar(_TURN):
        return 0
    events = (await connection.execute(_UNSEALED, {"limit": limit})).all()
    if not events:
        return 0
    last = (await connection.execute(_LAST)).one_or_none()
    number, previous = (1, BEGINNING) if last is None else (last.number + 1, last.digest)
    digests = [event_digest(keys, event) for event in events]
    digest = seal_digest(keys, previous, number, now, digests)
    await connection.execute(_SEAL, {"number": number, "at": now, "events": len(events), "digest": digest})
    rows = [{"id": event.id, "digest": mark.hex()} for event, mark in zip(events, digests, strict=True)]
    await run_set(connection, _MARK, rows, number=number)
    return len(events)
