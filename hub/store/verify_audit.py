"""Find what was changed in the audit trail since it was sealed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.audit_digest import BEGINNING, EVENT_COLUMNS, event_digest, forgotten_proof, seal_digest
from hub.store.keys import KeyRing

SEALS_AT_ONCE = 1_000

_SEALS = text(
    "SELECT number, at, events, digest, forgotten FROM audit_seal WHERE number > :after ORDER BY number LIMIT :limit"
)

_EVENTS = text(f"SELECT {EVENT_COLUMNS}, digest FROM audit_event WHERE seal = :number ORDER BY id")  # noqa: S608

_OUTSIDE = text(
    """SELECT (SELECT count(*) FROM audit_event WHERE seal IS NULL) AS unsealed,
              (SELECT count(*) FROM audit_event e WHERE seal NOT BETWEEN 1 AND :last
                 OR EXISTS (SELECT FROM audit_seal s WHERE s.number = e.seal AND s.forgotten IS NOT NULL)) AS stray"""
)


@dataclass(slots=True)
class Verdict:
    """What was found; without `findings` the chain is whole up to `last` with `digest`.

    The end of a chain that was cut off leaves no trace inside it: compare `last` and `digest` with those of an earlier
    verification, kept somewhere else. `forgotten` events were old and are gone by schedule, which their seals prove.
    """

    last: int = 0
    digest: bytes = BEGINNING
    sealed: int = 0
    forgotten: int = 0
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
        events = [] if seal.forgotten is not None else await events_under(connection, seal.number)
        if seal.forgotten is None:
            verdict.findings += judged(keys, verdict.digest, seal, events)
        elif seal.forgotten == forgotten_proof(keys, verdict.digest, seal):
            verdict.forgotten += seal.events
        else:
            verdict.findings.append(f"the events under seal {seal.number} are gone and were not forgotten by schedule")
        if expected.pop(seal.number, seal.digest) != seal.digest:
            verdict.findings.append(f"seal {seal.number} is not the one that was known")
        # What is behind a broken link is judged by the link as it stands, so one fault is not told as a thousand.
        verdict.last, verdict.digest, verdict.sealed = seal.number, seal.digest, verdict.sealed + len(events)
    outside = (await connection.execute(_OUTSIDE, {"last": verdict.last})).one()
    verdict.unsealed = outside.unsealed
    verdict.findings += [f"the seal {number} that was known is gone" for number in expected]
    if outside.stray:
        verdict.findings.append(f"{outside.stray} events name a seal that does not hold them")
    return verdict


async def events_under(connection: AsyncConnection, number: int) -> Sequence[Row[Any]]:
    """The events under a seal as they stand, in the order of the seal's digest."""
    return (await connection.execute(_EVENTS, {"number": number})).all()


def judged(keys: KeyRing, previous: bytes, seal: Row[Any], events: Sequence[Row[Any]]) -> list[str]:
    """What is wrong with a seal behind the digest of the one before it; nothing when it is whole."""
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
    while page := (await connection.execute(_SEALS, {"after": after, "limit": SEALS_AT_ONCE})).all():
        for seal in page:
            yield seal
        after = page[-1].number
