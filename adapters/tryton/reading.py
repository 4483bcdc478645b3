"""Objects by id, true at the instant of the read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from adapters.tryton.clock import SourceClock
from adapters.tryton.objects import read_objects
from adapters.tryton.session import Session
from hub.records.identity import Entity, ExternalId
from hub.records.source import SourceObject


async def read_by_id(
    session: Session, clock: SourceClock, entity: Entity, ids: Sequence[ExternalId]
) -> list[SourceObject]:
    """One object per id in the order asked; `body` None where Tryton has none (any more) that is this entity.

    `as_of` is the database's clock just before the read, or the object's own stamp if it changed in that moment: the
    content is true from then on, and a later change carries a later stamp. Only a transaction that began before the
    read and commits after it is stamped earlier; the next sweep finds that by the fingerprint.
    """
    asked_at = await clock.now()
    numbers = known_ids(ids)
    read = await read_objects(session, entity, [("id", "in", numbers)]) if numbers else []
    found = {known.external_id: known for known in read}
    return [_observed(entity, external_id, found.get(external_id), asked_at) for external_id in ids]


def known_ids(ids: Sequence[ExternalId]) -> list[int]:
    """Those that can be ids of Tryton, as numbers.

    Its ids are positive 32-bit integers; anything else names nothing there and would be an error in a query.
    """
    return [int(text) for text in ids if text.isascii() and text.isdecimal() and 0 < int(text) < 2**31]


def _observed(entity: Entity, external_id: ExternalId, found: SourceObject | None, asked_at: datetime) -> SourceObject:
    if found is None:
        return SourceObject(entity, external_id, body=None, as_of=asked_at)
    return replace(found, as_of=max(asked_at, found.as_of))
