"""Ids that exist now, each with the fingerprint a full read would carry, from flat reads of ids and stamps alone."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.tryton.entities import STAMP
from adapters.tryton.objects import children_of, fingerprint_of
from adapters.tryton.session import Session
from adapters.tryton.wire import WireValue, row_id
from hub.errors import Invalid
from hub.ports.pages import SweepPage
from hub.records.identity import Entity, ExternalId
from hub.records.source import SweptId


async def sweep_page(session: Session, entity: Entity, after: str | None, limit: int) -> SweepPage:
    """Up to `limit` parents in id order.

    Parents and children are read in one transaction each, so a change in between can give a fingerprint that never
    was; it differs from the stored one, the object is read again, and nothing else happens.
    """
    model = session.model_of(entity)
    behind: Sequence[WireValue] = (("id", ">", _id_of(after)),) if after is not None else ()
    rows = await session.search(model.model, [*model.domain, *behind], [STAMP], limit=limit)
    ids = [row_id(row) for row in rows]
    below = {
        child.key: await children_of(session, child, ids, (child.owner, *child.compared)) for child in model.children
    }
    swept = tuple(
        SweptId(
            ExternalId(str(row_id(row))),
            fingerprint_of(model, row, {key: lists.get(row_id(row), ()) for key, lists in below.items()}),
        )
        for row in rows
    )
    return SweepPage(swept, after=str(ids[-1]) if len(ids) == limit else None)


def _id_of(after: str) -> int:
    if not after.isdecimal():
        raise Invalid("this place in a sweep was not given by the Tryton adapter")
    return int(after)
