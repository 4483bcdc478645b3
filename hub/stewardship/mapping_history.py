"""What another mapping would have made of a system's objects over the stored history; the system is not asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, TypeAlias, cast
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.flows.mapping_preview import MappingPreview, fields_between, keep_fields, record_or_none
from hub.mapping.record import RecordMapping
from hub.records.customer import Canonical
from hub.records.identity import Entity
from hub.stewardship.lived import Told, as_stored
from hub.stewardship.rule_preview import PAGE, Progress, RulePreview, Terms, preview_page, systems_told_by
from hub.store.documents import StoredVersion, versions_of_many
from hub.store.engine import Database

_COUNT: Final = text("SELECT count(*) FROM source_record s WHERE s.system = ANY(:systems) AND s.entity = :entity")

_CUSTOMERS: Final = text(
    """SELECT DISTINCT i.customer_id FROM customer_identifier i
       WHERE i.system = ANY(:systems) AND i.customer_id > :after ORDER BY i.customer_id LIMIT :limit"""
)

_OBJECTS: Final = text(
    """SELECT s.external_id FROM source_record s WHERE s.system = :system AND s.entity = :entity
       AND s.external_id > :after ORDER BY s.external_id LIMIT :limit"""
)


@dataclass(frozen=True, slots=True)
class Tried:
    """By which mapping the objects that `system` words become records, and by which they would."""

    system: str
    before: RecordMapping
    after: RecordMapping


async def preview_mapping_history(
    database: Database,
    terms: Terms,
    tried: Tried,
    objects_max: int | None = None,
    told: Progress = lambda done, of: None,
    go_on: Callable[[], bool] = lambda: True,
) -> tuple[MappingPreview, RulePreview]:
    """Every kept version by both mappings, in its order, and of customers what follows by the present rules.

    A version without an original stays what it is; one in the words of another system is none of this mapping's.
    It ends, not complete, once `go_on` says no or so many objects were looked at: between pages of PAGE customers or
    objects, each in a transaction of its own. `told` counts objects.
    """
    async with database.reading() as connection:
        systems = await systems_told_by(connection, tried.system, tried.before.entity)
        of = await connection.scalar(_COUNT, {"systems": systems, "entity": tried.before.entity.value}) or 0
    replaying = _Replaying(tried, replace(terms, after=terms.before), systems, objects_max)
    mapped, golden = replaying.mapped, replaying.golden
    pages = _of_customers if tried.before.entity is Entity.CUSTOMER else _of_objects
    async for page in pages(database, replaying):
        if replaying.room == 0 or not go_on():
            mapped.complete = golden.complete = False
            break
        async with database.reading() as connection:
            await page(connection)
        told(mapped.objects, of)
    return mapped, golden


_Page: TypeAlias = Callable[[AsyncConnection], Awaitable[None]]


async def _of_customers(database: Database, replaying: _Replaying) -> AsyncIterator[_Page]:
    """Page by customers, so that who has several records is counted once."""
    after = UUID(int=0)
    while True:
        binds = {"systems": replaying.systems, "after": after, "limit": replaying.limit}
        async with database.reading() as connection:
            ids = list((await connection.execute(_CUSTOMERS, binds)).scalars())
        if not ids:
            return
        yield partial(replaying.customers, ids)
        after = ids[-1]


async def _of_objects(database: Database, replaying: _Replaying) -> AsyncIterator[_Page]:
    for system in replaying.systems:
        after = ""
        while True:
            binds = {"system": system, "entity": replaying.entity, "after": after, "limit": replaying.limit}
            async with database.reading() as connection:
                ids = list((await connection.execute(_OBJECTS, binds)).scalars())
            if not ids:
                break
            yield partial(replaying.objects, system, ids)
            after = ids[-1]


@dataclass(slots=True)
class _Replaying:
    """The counts so far."""

    tried: Tried
    terms: Terms
    systems: Sequence[str]
    objects_max: int | None
    mapped: MappingPreview = field(default_factory=MappingPreview)
    golden: RulePreview = field(default_factory=RulePreview)

    @property
    def entity(self) -> str:
        return self.tried.before.entity.value

    @property
    def room(self) -> int:
        """How many customers or objects may be looked at yet, at once."""
        return PAGE if self.objects_max is None else max(0, min(PAGE, self.objects_max - self.mapped.objects))

    @property
    def limit(self) -> int:
        """One at least, to see whether there is anything left."""
        return max(1, self.room)

    async def customers(self, ids: Sequence[UUID], connection: AsyncConnection) -> None:
        await preview_page(connection, ids, self.terms, self.golden, self._told)

    async def objects(self, system: str, ids: Sequence[str], connection: AsyncConnection) -> None:
        found = await versions_of_many(connection, self.terms.keys, system, self.entity, ids, originals=True)
        for external_id, versions in found.items():
            self._retold(external_id, [one for one in versions if one.document is not None])

    def _told(self, node: Node, versions: Sequence[StoredVersion]) -> Sequence[Told]:
        if node.system not in self.systems:
            return as_stored(versions)
        # A mapping of customers makes nothing else.
        return cast("Sequence[Told]", self._retold(node.external_id, versions))

    def _retold(
        self, external_id: str, versions: Sequence[StoredVersion]
    ) -> Sequence[tuple[Canonical, Canonical | None]]:
        """Each version by both mappings; what the one that holds does not fit any more stays as it was taken in."""
        told: list[tuple[Canonical, Canonical | None]] = []
        counted, differing, changed = 0, set[str](), 0
        for one in versions:
            stored = self.tried.before.model.model_validate_json(one.document or b"")
            if one.original is not None and one.original.system != self.tried.system:
                told.append((stored, stored))
                continue
            counted += 1
            if one.original is None:
                self.mapped.without_original += 1
                told.append((stored, stored))
                continue
            now, then = (record_or_none(m, one.original.body) for m in (self.tried.before, self.tried.after))
            self.mapped.unfit_before += now is None
            self.mapped.unfit_after += then is None
            before = stored if now is None else now
            changed += before != then
            differing |= set() if then is None else set(fields_between(before, then))
            told.append((before, then))
        self.mapped.objects += counted > 0
        self.mapped.versions += counted
        self.mapped.versions_changed += changed
        self.mapped.changed += changed > 0
        keep_fields(external_id, sorted(differing), self.terms.samples_max, self.mapped)
        return told
