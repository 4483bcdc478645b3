"""Which ways of reaching customers were found to be theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.tables import VerifiedMedium
from hub.customers.tables import ContactMedium


@dataclass(frozen=True, slots=True)
class VerifiedRow:
    """When, how and by whom."""

    at: datetime
    method: str
    verified_by: str


async def verified_of(connection: AsyncConnection, media: Sequence[UUID]) -> Mapping[UUID, VerifiedRow]:
    """By contact medium, the newest mark of each; the media must have been read under the caller's reach."""
    mark, medium = VerifiedMedium, ContactMedium
    same = and_(mark.customer_id == medium.customer_id, mark.kind == medium.kind, mark.normalised == medium.normalised)
    columns = (medium.id, mark.at, mark.method, mark.verified_by)
    found = select(*columns).join(mark, same).where(medium.id.in_(media)).order_by(mark.at, mark.id)
    return {row.id: VerifiedRow(row.at, row.method, row.verified_by) for row in await connection.execute(found)}
