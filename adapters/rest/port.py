"""The port over one JSON API: lists page by page, single records by id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict

from adapters.rest.client import Answer, Client
from adapters.rest.objects import Reader
from adapters.rest.options import EntityPaths, RestOptions
from adapters.rest.paging import call_for, next_position
from hub.errors import HubError, NotFound, Rejected
from hub.ports.capabilities import Capabilities, PullKind
from hub.ports.keyset import advanced
from hub.ports.limits import DEFAULT_LIMITS, CallLimits, RateLimit
from hub.ports.pages import CheckResult, PullPage, SweepPage
from hub.ports.system import SystemPort
from hub.records.identity import Entity, ExternalId, SystemName
from hub.records.source import JsonObject, SourceObject, SweptId, Unreadable


class Mark(BaseModel):
    """The cursor: the page a run stands at (None: the first), what it asks for, and the newest stamp it has seen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    position: str | None = None
    since: datetime | None = None
    newest: datetime | None = None
    high_water: datetime | None = None
    run_start: datetime


class RestPort(SystemPort):
    """Reads only. Pages by number may shift while somebody writes: the overlap and the sweep find what slipped by."""

    def __init__(self, name: SystemName, options: RestOptions, limits: CallLimits = DEFAULT_LIMITS) -> None:
        self.name = name
        self.capabilities: Mapping[Entity, Capabilities] = {
            entity: _capabilities(paths) for entity, paths in options.entities.items()
        }
        self._entities = options.entities
        self._readers = {entity: Reader(entity, paths) for entity, paths in options.entities.items()}
        self._horizon = timedelta(seconds=options.horizon_s)
        self._client = Client(options, limits)

    async def check(self) -> Sequence[CheckResult]:
        """One line per entity: whether its list can be read."""
        results = []
        for entity, paths in self._entities.items():
            call = call_for(paths, None, 1, None)
            try:
                answer = await self._client.get(call.path, call.params)
                found = len(self._readers[entity].records(answer.body))
                results.append(CheckResult(f"list {entity.value}", ok=True, detail=f"{paths.list}: {found} on a page"))
            except HubError as error:
                results.append(CheckResult(f"list {entity.value}", ok=False, detail=f"{paths.list}: {error.message}"))
        return results

    async def now(self) -> datetime:
        """The Date header of an answer, whole seconds; Rejected where the server sends none."""
        paths = next(iter(self._entities.values()))
        call = call_for(paths, None, 1, None)
        answer = await self._client.get(call.path, call.params)
        if answer.date is None:
            raise Rejected("the API's answers carry no Date header, so its clock is not known")
        return answer.date.astimezone(UTC)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    def rate_limit(self) -> RateLimit | None:
        """From the RateLimit headers of the last answer."""
        return self._client.told()

    async def begin_run(self, entity: Entity, cursor: JsonObject | None, overlap: timedelta) -> JsonObject:
        """With `since`: from the last run's mark less the overlap. Without it: the whole list."""
        paths = self._paths("pull", entity)
        before = None if cursor is None else Mark.model_validate(cursor)
        high_water = None if before is None else before.high_water
        since = None if paths.since is None or high_water is None else high_water - overlap
        return _stored(Mark(since=since, high_water=high_water, run_start=_later(await self.now(), before)))

    async def pull(self, entity: Entity, cursor: JsonObject, limit: int) -> PullPage:
        """The page at the cursor's position."""
        paths, mark = self._paths("pull", entity), Mark.model_validate(cursor)
        size = min(limit, paths.page_rows)
        call = call_for(paths, mark.position, size, _since(paths, mark.since))
        answer = await self._client.get(call.path, call.params)
        records = self._readers[entity].records(answer.body)
        as_of = None if paths.stamp is not None else mark.run_start
        place = f"{paths.list} at {mark.position or 'the beginning'}"
        found = [
            self._readers[entity].object_of(record, f"{place}, record {n}", as_of, _read_until(answer))
            for n, record in enumerate(records, start=1)
        ]
        objects = tuple(one for one in found if isinstance(one, SourceObject))
        position = next_position(paths, mark.position, size, answer, len(records))
        stamps = [one.stamp for one in objects if one.stamp is not None]
        newest = max([*stamps, *([mark.newest] if mark.newest else [])], default=None)
        return PullPage(
            objects=objects,
            cursor=_stored(self._after(mark, position, newest)),
            last=position is None,
            unreadable=tuple(one for one in found if isinstance(one, Unreadable)),
            set_began=mark.run_start if paths.since is None else None,
        )

    async def sweep(self, entity: Entity, after: str | None, limit: int) -> SweepPage:
        """Walks the whole list; `after` is a page's position."""
        paths = self._paths("sweep", entity)
        size = min(limit, paths.page_rows)
        call = call_for(paths, after, size, None)
        answer = await self._client.get(call.path, call.params)
        records = self._readers[entity].records(answer.body)
        found = [self._readers[entity].object_of(record, "", _ANY) for record in records]
        swept = tuple(
            SweptId(one.external_id, one.fingerprint)
            for one in found
            if isinstance(one, SourceObject) and one.body is not None
        )
        return SweepPage(swept, next_position(paths, after, size, answer, len(records)))

    async def read(self, entity: Entity, ids: Sequence[ExternalId]) -> Sequence[SourceObject]:
        """One call per id, as of before it; what the API does not know is gone."""
        paths = self._paths("read", entity)
        if paths.one is None:
            raise self._cannot("read", entity)
        return [await self._read_one(entity, paths.one, external_id) for external_id in ids]

    async def _read_one(self, entity: Entity, path: str, external_id: ExternalId) -> SourceObject:
        as_of = await self.now()
        try:
            answer = await self._client.get(path.replace("{id}", quote(external_id, safe="")), {})
        except NotFound:
            return SourceObject(entity, external_id, None, as_of)
        reader = self._readers[entity]
        found = reader.object_of(reader.one(answer.body), path, as_of)
        if isinstance(found, Unreadable):
            raise Rejected(f"what the API answers for one {entity.value} is no record: {found.reason}")
        return found

    def _after(self, mark: Mark, position: str | None, newest: datetime | None) -> Mark:
        if position is not None:
            return mark.model_copy(update={"position": position, "newest": newest})
        high_water = advanced(mark.high_water, newest, mark.run_start, self._horizon)
        return mark.model_copy(update={"newest": newest, "high_water": high_water})

    def _paths(self, what: str, entity: Entity) -> EntityPaths:
        if entity not in self._entities:
            raise self._cannot(what, entity)
        return self._entities[entity]


_ANY: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""A sweep tells ids and fingerprints, so the time of its objects says nothing."""


def _capabilities(paths: EntityPaths) -> Capabilities:
    return Capabilities(
        pull=PullKind.INCREMENTAL if paths.since is not None else PullKind.SNAPSHOT,
        sweep=True,
        read=paths.one is not None,
        versions=paths.stamp is not None,
    )


def _since(paths: EntityPaths, at: datetime | None) -> str | None:
    if at is None or paths.since is None:
        return None
    return str(int(at.timestamp())) if paths.since.format == "epoch_s" else at.isoformat()


def _later(now: datetime, before: Mark | None) -> datetime:
    """The server's clock shows whole seconds: of two readings of the list within one, the second is the later."""
    return now if before is None else max(now, before.run_start + timedelta(microseconds=1))


def _read_until(answer: Answer) -> datetime | None:
    """By the server's clock, which shows whole seconds that have begun."""
    return None if answer.date is None else answer.date.astimezone(UTC) + timedelta(seconds=1)


def _stored(mark: Mark) -> JsonObject:
    cursor: JsonObject = mark.model_dump(mode="json")
    return cursor
