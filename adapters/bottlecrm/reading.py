"""Lists in pages, and records by id."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, ValidationError

from adapters.bottlecrm.connection import Connection, Gone
from adapters.bottlecrm.entities import ENTITIES
from adapters.bottlecrm.objects import object_of
from adapters.bottlecrm.wire import row_of, rows_of
from hub.errors import Invalid
from hub.records.identity import Entity, ExternalId
from hub.records.source import JsonObject, SourceObject


class Place(BaseModel):
    """Where a walk over the lists stands; `began` is when it began, in source time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    listing: int = 0
    offset: int = 0
    began: datetime

    @classmethod
    def of(cls, cursor: JsonObject) -> Place:
        """Raises Invalid for a cursor of somebody else."""
        try:
            return cls.model_validate(cursor)
        except ValidationError:
            raise Invalid("this cursor was not given by the BottleCRM adapter") from None

    def cursor(self) -> JsonObject:
        """As it is stored."""
        cursor: JsonObject = self.model_dump(mode="json")
        return cursor


async def list_page(
    connection: Connection, entity: Entity, place: Place, limit: int
) -> tuple[list[SourceObject], Place, bool]:
    """Up to `limit` records, the place behind them, and whether they are the last.

    The lists know no position but a count, so a record deleted meanwhile makes the next page leave one out. Whoever
    misses it reads it by id, as the hub does before it believes that a record is gone.
    """
    resource = ENTITIES[entity]
    if place.listing >= len(resource.listings):
        return [], place, True
    listing = resource.listings[place.listing]
    query: dict[str, str | int] = {**listing.query, "limit": limit, "offset": place.offset}
    rows = rows_of(await connection.get(f"api/{resource.path}/", query), listing.rows)
    if len(rows) == limit:
        behind = place.model_copy(update={"offset": place.offset + limit})
    else:
        behind = place.model_copy(update={"listing": place.listing + 1, "offset": 0})
    return [object_of(entity, row) for row in rows], behind, behind.listing == len(resource.listings)


async def read_by_id(
    connection: Connection, entity: Entity, ids: Sequence[ExternalId], at_once: int
) -> list[SourceObject]:
    """In the order asked; one call each, `at_once` of them under way."""
    turns = asyncio.Semaphore(at_once)

    async def one(external_id: ExternalId) -> SourceObject:
        async with turns:
            return await _read(connection, entity, external_id)

    if ids:
        await heard(connection)
    return list(await asyncio.gather(*(one(external_id) for external_id in ids)))


async def heard(connection: Connection) -> datetime:
    """The source's time, asked for."""
    await connection.get("healthz/")
    return connection.clock.now()


async def _read(connection: Connection, entity: Entity, external_id: ExternalId) -> SourceObject:
    resource = ENTITIES[entity]
    read_at = connection.clock.now()
    try:
        content = await connection.get(f"api/{resource.path}/{external_id}/")
    except Gone:
        # BottleCRM uses no id twice, so a later moment than the truth does no harm; an earlier one would lose to a
        # change in the second before.
        return SourceObject(entity, external_id, None, connection.clock.surely_past())
    return object_of(entity, row_of(content, resource.detail), read_at)
