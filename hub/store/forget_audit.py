"""Forget old events of the audit trail without breaking its chain: a seal stays, with a proof in place of its events.

The proof is keyed: who can write to the database and has no key can neither forget an event nor pass off a removed
one as forgotten.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.audit_digest import forgotten_proof
from hub.store.keys import KeyRing
from hub.store.sets import run_set
from hub.store.verify_audit import events_under, judged

# Seals follow each other in time; events are at most a minute older than their seal.
_DUE: Final = text(
    """SELECT s.number, s.at, s.events, s.digest, coalesce(p.digest, '') AS previous FROM (
         SELECT *, sum(events) OVER (ORDER BY number) - events AS before_it FROM (
           SELECT number, at, events, digest FROM audit_seal WHERE forgotten IS NULL AND at < :before
           ORDER BY number LIMIT :limit FOR UPDATE SKIP LOCKED) o) s
       LEFT JOIN audit_seal p ON p.number = s.number - 1
       WHERE s.before_it < :limit AND (p.number IS NOT NULL OR s.number = 1) ORDER BY s.number"""
)

_MARK: Final = """
UPDATE audit_seal s SET forgotten = decode(r.proof, 'hex')
FROM json_to_recordset(CAST(:rows AS json)) AS r(number bigint, proof text) WHERE s.number = r.number"""

_DELETE: Final = text("DELETE FROM audit_event WHERE seal = ANY(:numbers)")


async def forget_audit(connection: AsyncConnection, keys: KeyRing, before: datetime, limit: int) -> int:
    """Delete the events under the oldest seals put before then, some `limit` of them; returns how many.

    What does not verify any more is not forgotten: it stays for `hub audit verify` to name.
    """
    due = (await connection.execute(_DUE, {"before": before, "limit": limit})).all()
    whole = [seal for seal in due if await _is_whole(connection, keys, seal)]
    if not whole:
        return 0
    rows = [{"number": seal.number, "proof": _proof(keys, seal).hex()} for seal in whole]
    await run_set(connection, _MARK, rows)
    return (await connection.execute(_DELETE, {"numbers": [seal.number for seal in whole]})).rowcount


async def _is_whole(connection: AsyncConnection, keys: KeyRing, seal: Row[Any]) -> bool:
    return not judged(keys, seal.previous, seal, await events_under(connection, seal.number))


def _proof(keys: KeyRing, seal: Row[Any]) -> bytes:
    return forgotten_proof(keys, seal.previous, seal)
