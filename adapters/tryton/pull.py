"""Changed objects from a cursor: keyset pages over the parents' stream, then over each child model's.

A page of children makes their parents be read again, unless this run has already read the parent at a stamp as new as
the child's. That parent was read, or will be again within the next run's overlap, by a transaction that sees the
child, so nothing is lost by leaving it out, and a new customer is not read once per address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from adapters.tryton.clock import SourceClock
from adapters.tryton.cursor import Cursor, Stream, first_cursor, read_cursor, written_cursor
from adapters.tryton.entities import STAMP, ChildModel
from adapters.tryton.objects import read_objects
from adapters.tryton.session import Session
from adapters.tryton.wire import WireValue, instant, row_id
from hub.ports.keyset import Position
from hub.ports.pages import PullPage
from hub.records.identity import Entity
from hub.records.source import JsonObject, JsonValue, SourceObject

_KEYSET_ORDER = (STAMP, "id")


class Puller:
    """Pages of one Tryton; keeps nothing between calls but what the cursor holds."""

    def __init__(self, session: Session, clock: SourceClock, page_rows: int, horizon: timedelta) -> None:
        self._session = session
        self._clock = clock
        self._page_rows = page_rows
        self._horizon = horizon

    async def begin(self, entity: Entity, cursor: JsonObject | None, overlap: timedelta) -> JsonObject:
        """The cursor of a new run; a cursor from the middle of a run begins anew from the marks before that run."""
        before = read_cursor(cursor) if cursor is not None else None
        return written_cursor(
            first_cursor(self._session.model_of(entity).streams, before, await self._clock.now(), overlap)
        )

    async def page(self, entity: Entity, cursor: JsonObject, limit: int) -> PullPage:
        """The next page with anything in it, or the last one; a quiet source costs one page."""
        models = self._session.model_of(entity).streams
        place = read_cursor(cursor)
        objects: Sequence[SourceObject] = ()
        while not objects and place.stream < len(models):
            objects, place = await self._stream_page(entity, place, min(limit, self._page_rows))
        return PullPage(tuple(objects), written_cursor(place), last=place.stream >= len(models))

    async def _stream_page(self, entity: Entity, cursor: Cursor, rows: int) -> tuple[Sequence[SourceObject], Cursor]:
        model = self._session.model_of(entity)
        name = model.streams[cursor.stream]
        if cursor.stream == 0:
            objects, places = await self._parents(entity, cursor.streams[name], rows)
        else:
            (child,) = (child for child in model.children if child.model == name)
            objects, places = await self._parents_of_children(entity, child, cursor, rows)
        if places:
            cursor = cursor.placed(name, places[-1])
        if len(places) < rows:
            cursor = cursor.finished_stream(name, self._horizon)
        return objects, cursor

    async def _parents(
        self, entity: Entity, stream: Stream, rows: int
    ) -> tuple[Sequence[SourceObject], Sequence[Position]]:
        objects = await read_objects(self._session, entity, _behind(stream.place), _KEYSET_ORDER, rows)
        # The body's stamp is the parent's own; the object's `stamp` may be a child's.
        return objects, [_position(found.body) for found in objects if found.body is not None]

    async def _parents_of_children(
        self, entity: Entity, child: ChildModel, cursor: Cursor, rows: int
    ) -> tuple[Sequence[SourceObject], Sequence[Position]]:
        fields = [f"{child.owner}.{STAMP}", STAMP]
        place = cursor.streams[child.model].place
        found = await self._session.search(child.model, _behind(place), fields, _KEYSET_ORDER, rows)
        parents = cursor.streams[self._session.model_of(entity).model]
        wanted = sorted({owner for row in found if (owner := _unread_owner(row, child, parents)) is not None})
        objects = await read_objects(self._session, entity, [("id", "in", wanted)]) if wanted else ()
        return objects, [_position(row) for row in found]


def _behind(place: Position | None) -> Sequence[WireValue]:
    if place is None:
        return ()
    later = (STAMP, ">", place.stamp)
    return (("OR", later, ((STAMP, "=", place.stamp), ("id", ">", place.external_id))),)


def _position(row: JsonObject) -> Position:
    return Position(instant(row[STAMP]), row_id(row))


def _unread_owner(row: JsonObject, child: ChildModel, parents: Stream) -> int | None:
    owner: JsonValue = row[child.owner]
    if not isinstance(owner, Mapping):
        return None
    read_at: datetime = instant(owner[STAMP])
    if parents.walked(read_at, row_id(owner)) and instant(row[STAMP]) <= read_at:
        return None
    return row_id(owner)
