"""Runs as the engine makes them, without the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import orjson

from hub.ports.system import SystemPort
from hub.records.identity import Entity
from hub.records.source import JsonObject, SourceObject, SweptId, Unreadable

PAGES_MAX = 1000


@dataclass
class Pulled:
    """All that a run brought; `cursor` stands behind it, `pages` are the sizes of its pages."""

    cursor: JsonObject
    objects: list[SourceObject] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    pages: list[int] = field(default_factory=list)

    def ids(self) -> list[str]:
        """In the order of arrival."""
        return [pulled.external_id for pulled in self.objects]

    def latest(self) -> dict[str, SourceObject]:
        """The last content per id."""
        return {pulled.external_id: pulled for pulled in self.objects}


def stored(cursor: JsonObject) -> JsonObject:
    """The cursor as it comes back from the database."""
    loaded: JsonObject = orjson.loads(orjson.dumps(cursor))
    return loaded


async def pull_on(port: SystemPort, entity: Entity, cursor: JsonObject, limit: int) -> Pulled:
    """From a cursor to the end of the run."""
    pulled = Pulled(cursor)
    for _ in range(PAGES_MAX):
        page = await port.pull(entity, stored(pulled.cursor), limit)
        pulled.cursor = page.cursor
        pulled.objects += page.objects
        pulled.unreadable += page.unreadable
        pulled.pages.append(len(page.objects) + len(page.unreadable))
        if page.last:
            return pulled
    raise AssertionError(f"the run did not end within {PAGES_MAX} pages")


async def run(
    port: SystemPort, entity: Entity, cursor: JsonObject | None, overlap: timedelta, limit: int = 100
) -> Pulled:
    """A whole run, finished."""
    begun = await port.begin_run(entity, None if cursor is None else stored(cursor), overlap)
    pulled = await pull_on(port, entity, begun, limit)
    await port.finished(entity, stored(pulled.cursor))
    return pulled


async def swept(port: SystemPort, entity: Entity, limit: int) -> list[SweptId]:
    """All ids of a sweep."""
    ids: list[SweptId] = []
    after: str | None = None
    for _ in range(PAGES_MAX):
        page = await port.sweep(entity, after, limit)
        assert len(page.ids) <= limit
        ids += page.ids
        if page.after is None:
            return ids
        after = page.after
    raise AssertionError(f"the sweep did not end within {PAGES_MAX} pages")
