"""Find what was changed in the audit trail since it was sealed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.audit_digest import BEGINNING, EVENT_COLUMNS, event_digest, seal_digest
from hub.store.keys import KeyRing

_SEALS = text("SELECT number, at, events, digest FROM audit_seal WHERE number > :after ORDER BY number LIMIT 1")

_EVENTS = text(f"SELECT {EVENT_COLUMNS}, digest FROM audit_event WHERE seal = :number ORDER BY id")  # noqa: S608

_OUTSIDE = text(
    """SELECT (SELECT count(*) FROM audit_event WHERE seal IS NULL) AS unsealed,
              (SELECT count(*) FROM audit_event WHERE seal NOT BETWEEN 1 AND :last) AS stray"""
)


@dataclass(slots=True)
class Verdict:
    """What was found; without `findings` the chain is whole up to `last` with `digest`.

    The end of a chain that was cut off leaves no trace inside it: compare `last` and `digest` with those of an earlier
    verification, kept somewhere else.
    """

    last: int = 0
    digest: bytes = BEGINNING
    sealed: int = 0
    unsealed: int = 0
    findings: list[str] = field(default_factory=list)


async def verify_audit(connection: AsyncConnection, keys: KeyRing, known: tuple[int, bytes] | None = None) -> Verdict:
    """Compute every digest anew, a seal at a time; needs one snapshot, as `Database.reading` gives it.

    `known` is the last seal and its digest as an earlier verdict told them.
    """
    verdict = Verdict()
    expected = dict([known] if known else [])
    async for seal in _seals(connection):
        if seal.number != verdict.last + 1:
            verdict.findings.append(f"the seals {verdict.last + 1} to {seal.number - 1} are gone")
        events = (await connection.execute(_EVENTS, {"number": seal.number})).all()
        verdict.findings += _judged(keys, verdict.digest, seal, events)
        if expected.pop(seal.number, seal.digest) != seal.digest:
            verdict.findings.append(f"seal {seal.number} is not the one that was known")
        # What is behind a broken link is judged by the link as it stands, so one fault is not told as a thousand.
        verdict.last, verdict.digest, verdict.sealed = seal.number, seal.digest, verdict.sealed + len(events)
    outside = (await connection.execute(_OUTSIDE, {"last": verdict.last})).one()
    verdict.unsealed = outside.unsealed
    verdict.findings += [f"the seal {number} that was known is gone" for number in expected]
    if outside.stray:
        verdict.findings.append(f"{outside.stray} events name a seal that is not there")
    return verdict


def _judged(keys: KeyRing, previous: bytes, seal: Row[Any], events: Sequence[Row[Any]]) -> list[str]:
    computed = [event_digest(keys, event) for event in events]
    found = [
        f"event {event.id} of {event.at.isoformat()} was changed after it was sealed"
        for event, digest in zip(events, computed, strict=True)
        if digest != event.digest
    ]
    if len(events) != seal.events:
        found.append(f"seal {seal.number} was put over {seal.events} events and has {len(events)}")
    if not found and seal_digest(keys, previous, seal.number, seal.at, computed) != seal.digest:
        found.append(f"seal {seal.number} is not the one that was put there")
    return found


async def _seals(connection: AsyncConnection) -> AsyncIterator[Row[Any]]:
    after = 0
    while (seal := (await connection.execute(_SEALS, {"after": after})).one_or_none()) is not None:
        yield seal
        after = seal.number
