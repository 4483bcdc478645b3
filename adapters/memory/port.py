"""The port of the fake package: every capability there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from adapters.memory.commands import carry_out
from adapters.memory.store import MemoryStore, fingerprint
from hub.errors import HubError, Invalid
from hub.ports.capabilities import Capabilities, PullKind
from hub.ports.keyset import Position, advanced, rewound
from hub.ports.pages import CheckResult, PullPage, SweepPage
from hub.ports.standard_webhooks import StandardSecret
from hub.ports.system import SystemPort
from hub.ports.writing import WriteCommand, WriteOutcome
from hub.records.identity import Entity, ExternalId, SystemName
from hub.records.source import JsonObject, SourceObject, SweptId

BATCH_SIZE: Final = 100
_CAN: Final = Capabilities(
    pull=PullKind.INCREMENTAL,
    sweep=True,
    read=True,
    create=True,
    update=True,
    delete=True,
    push=True,
    push_in_full=True,
    versions=True,
    hub_key=True,
    batch_size=BATCH_SIZE,
)
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


class MemoryOptions(BaseModel):
    """Which fake package to connect to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    store: str = Field("memory", description="Systems of one process that name the same store see the same records.")
    entities: tuple[Entity, ...] = Field((Entity.CUSTOMER,), min_length=1, description="Entities it holds.")
    webhook_secrets: tuple[StandardSecret, ...] = Field(
        (),
        description="Secrets (`whsec_...`) of its webhooks; several while one is being replaced, none: it sends none.",
    )


class _Mark(BaseModel):
    """The cursor: behind which object the next page starts, the mark of the last complete run, this run's start."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stamp: datetime
    external_id: int
    high_water: datetime | None
    run_start: datetime

    @property
    def position(self) -> Position:
        return Position(self.stamp, self.external_id)


class MemoryPort(SystemPort):
    """A fake for the authors of adapters and for tests; runs through the same contract suite as a real package."""

    def __init__(self, name: SystemName, store: MemoryStore, entities: Sequence[Entity] = (Entity.CUSTOMER,)) -> None:
        self.name = name
        self.capabilities: Mapping[Entity, Capabilities] = dict.fromkeys(entities, _CAN)
        self._store = store

    async def check(self) -> Sequence[CheckResult]:
        """One line: whether the store is started."""
        try:
            self._store.admit()
        except HubError as error:
            return [CheckResult("memory", ok=False, detail=error.message)]
        return [CheckResult("memory", ok=True, detail="the fake package answers")]

    async def now(self) -> datetime:
        """The store's clock."""
        self._store.admit()
        return self._store.clock

    async def aclose(self) -> None:
        """Nothing to give back."""

    async def begin_run(self, entity: Entity, cursor: JsonObject | None, overlap: timedelta) -> JsonObject:
        """From the last run's mark, less the overlap."""
        self._admit("pull", entity)
        mark = None if cursor is None else _Mark.model_validate(cursor).high_water
        start = Position(_BEGINNING, -1) if mark is None else rewound(mark, overlap)
        return _cursor(start, mark, self._store.clock)

    async def pull(self, entity: Entity, cursor: JsonObject, limit: int) -> PullPage:
        """Objects by (stamp, id); the last page's cursor carries the new mark."""
        self._admit("pull", entity)
        mark = _Mark.model_validate(cursor)
        behind = [pair for pair in self._store.in_order(entity) if pair[0] > mark.position]
        page = behind[:limit]
        objects = tuple(
            SourceObject(
                entity, ExternalId(str(at.external_id)), dict(stored.body), at.stamp, at.stamp, fingerprint(stored)
            )
            for at, stored in page
        )
        end = page[-1][0] if page else mark.position
        last = len(behind) <= limit
        high_water = advanced(mark.high_water, end.stamp, mark.run_start, timedelta()) if last else mark.high_water
        return PullPage(objects, _cursor(end, high_water, mark.run_start), last)

    async def sweep(self, entity: Entity, after: str | None, limit: int) -> SweepPage:
        """All ids in numeric order."""
        self._admit("sweep", entity)
        start = -1 if after is None else int(after)
        ids = sorted(number for number in self._store.objects(entity) if number > start)
        swept = [
            SweptId(ExternalId(str(number)), fingerprint(self._store.objects(entity)[number])) for number in ids[:limit]
        ]
        return SweepPage(tuple(swept), swept[-1].external_id if len(ids) > limit else None)

    async def read(self, entity: Entity, ids: Sequence[ExternalId]) -> Sequence[SourceObject]:
        """As of the store's clock."""
        self._admit("read", entity)
        return [self._store.read(entity, external_id) for external_id in ids]

    async def write(self, commands: Sequence[WriteCommand]) -> Sequence[WriteOutcome]:
        """One after the other; each stands or falls alone."""
        if len(commands) > BATCH_SIZE:
            raise Invalid(f"system {self.name} takes {BATCH_SIZE} commands at once, not {len(commands)}")
        for command in commands:
            self._declared("write", command.entity)
        self._store.admit()
        return [carry_out(self._store, command) for command in commands]

    async def find_by_key(self, entity: Entity, key: str) -> SourceObject | None:
        """By the key that CREATE stored."""
        self._admit("find_by_key", entity)
        found = (number for number, stored in self._store.objects(entity).items() if stored.key == key)
        made = next(found, None)
        return None if made is None else self._store.read(entity, str(made))

    def _admit(self, what: str, entity: Entity) -> None:
        self._declared(what, entity)
        self._store.admit()

    def _declared(self, what: str, entity: Entity) -> None:
        if entity not in self.capabilities:
            raise self._cannot(what, entity)


def _cursor(position: Position, high_water: datetime | None, run_start: datetime) -> JsonObject:
    mark = _Mark(stamp=position.stamp, external_id=position.external_id, high_water=high_water, run_start=run_start)
    cursor: JsonObject = mark.model_dump(mode="json")
    return cursor
