"""Which ways of reaching customers are known not to work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.tables import UndeliverableMedium
from hub.customers.tables import ContactMedium


@dataclass(frozen=True, slots=True)
class UndeliverableRow:
    """Since when, what the remote side said, and who reported it."""

    since: datetime
    reason: str
    reported_by: str


async def undeliverable_of(connection: AsyncConnection, media: Sequence[UUID]) -> Mapping[UUID, UndeliverableRow]:
    """By contact medium, the first report of each; the media must have been read under the caller's reach."""
    mark, medium = UndeliverableMedium, ContactMedium
    same = and_(mark.customer_id == medium.customer_id, mark.kind == medium.kind, mark.normalised == medium.normalised)
    columns = (medium.id, mark.since, mark.reason, mark.reported_by)
    found = select(*columns).join(mark, same).where(medium.id.in_(media)).order_by(mark.since.desc(), mark.id)
    return {row.id: UndeliverableRow(row.since, row.reason, row.reported_by) for row in await connection.execute(found)}
