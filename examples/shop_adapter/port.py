"""The shop's port: incremental pull, sweep and read by id over customer(id, full_name, level, email, changed_at)."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import orjson
from pydantic import BaseModel, ConfigDict, Field

from hub.errors import Transient
from hub.ports.capabilities import Capabilities, PullKind
from hub.ports.keyset import Position, advanced, rewound
from hub.ports.limits import DEFAULT_LIMITS, CallLimits
from hub.ports.pages import CheckResult, PullPage, SweepPage
from hub.ports.system import SystemPort
from hub.records.identity import Entity, ExternalId, SystemName
from hub.records.source import JsonObject, SourceObject, SweptId

BEGINNING: Final = Position(datetime(1970, 1, 1, tzinfo=UTC), -1)
HORIZON: Final = timedelta(seconds=5)
"""The shop's longest transaction: rows stamped this long before a run began may still be on their way."""

CAN: Final = Capabilities(pull=PullKind.INCREMENTAL, sweep=True, read=True, versions=True)

Row = dict[str, str | int | None]


class ShopOptions(BaseModel):
    """The `options:` of a system with `adapter: shop`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: Path = Field(description="The shop's database file.")


class Mark(BaseModel):
    """The cursor: the last row read, the mark of the last complete run, and when this run began."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stamp: datetime
    external_id: int
    high_water: datetime | None
    run_start: datetime


class ShopPort(SystemPort):
    """Reads only. `changed_at` is in whole seconds since 1970, UTC, set by the shop."""

    def __init__(self, name: SystemName, options: ShopOptions, limits: CallLimits = DEFAULT_LIMITS) -> None:
        self.name = name
        self.capabilities = {Entity.CUSTOMER: CAN}
        self._file = options.file
        self._timeout_s = limits.timeout_s

    async def check(self) -> Sequence[CheckResult]:
        """One line: whether the table can be read."""
        try:
            (row,) = await self._rows("SELECT count(*) AS customers FROM customer")
        except Transient as error:
            return [CheckResult("table customer", ok=False, detail=f"{error.message}; is `file` the shop's database?")]
        return [CheckResult("table customer", ok=True, detail=f"{row['customers']} customers")]

    async def now(self) -> datetime:
        """The clock that stamps the rows, whole seconds."""
        (row,) = await self._rows("SELECT CAST(strftime('%s', 'now') AS integer) AS now")
        return _instant(row["now"])

    async def aclose(self) -> None:
        """Nothing is kept open between calls."""

    async def begin_run(self, entity: Entity, cursor: JsonObject | None, overlap: timedelta) -> JsonObject:
        """From the last run's mark, less the overlap."""
        self._declared("pull", entity)
        high_water = None if cursor is None else Mark.model_validate(cursor).high_water
        start = BEGINNING if high_water is None else rewound(high_water, overlap)
        return _cursor(start, high_water, await self.now())

    async def pull(self, entity: Entity, cursor: JsonObject, limit: int) -> PullPage:
        """Rows by (changed_at, id); the last page's cursor carries the new mark."""
        self._declared("pull", entity)
        mark = Mark.model_validate(cursor)
        rows = await self._rows(
            "SELECT * FROM customer WHERE (changed_at, id) > (?, ?) ORDER BY changed_at, id LIMIT ?",
            (mark.stamp.timestamp(), mark.external_id, limit),
        )
        objects = tuple(_object(row) for row in rows)
        end = Position(mark.stamp, mark.external_id)
        if rows:
            end = Position(_instant(rows[-1]["changed_at"]), int(objects[-1].external_id))
        last = len(rows) < limit
        high_water = advanced(mark.high_water, end.stamp, mark.run_start, HORIZON) if last else mark.high_water
        return PullPage(objects, _cursor(end, high_water, mark.run_start), last)

    async def sweep(self, entity: Entity, after: str | None, limit: int) -> SweepPage:
        """Ids in numeric order; a row is small enough to give its fingerprint with it."""
        self._declared("sweep", entity)
        rows = await self._rows(
            "SELECT * FROM customer WHERE id > ? ORDER BY id LIMIT ?", (-1 if after is None else int(after), limit)
        )
        swept = tuple(SweptId(_id(row), _fingerprint(row)) for row in rows)
        return SweepPage(swept, swept[-1].external_id if len(swept) == limit else None)

    async def read(self, entity: Entity, ids: Sequence[ExternalId]) -> Sequence[SourceObject]:
        """As of before the read; a row that is not there is told as gone."""
        self._declared("read", entity)
        as_of = await self.now()
        rows = await self._rows(
            "SELECT * FROM customer WHERE id IN (SELECT value FROM json_each(?))", (orjson.dumps(ids).decode(),)
        )
        found = {_id(row): _object(row, as_of) for row in rows}
        return [found.get(i) or SourceObject(entity, i, None, as_of) for i in ids]

    def _declared(self, what: str, entity: Entity) -> None:
        if entity not in self.capabilities:
            raise self._cannot(what, entity)

    async def _rows(self, query: str, values: tuple[str | float, ...] = ()) -> list[Row]:
        """Run one query in a thread of its own, because SQLite blocks."""

        def read() -> list[Row]:
            with closing(
                sqlite3.connect(f"file:{self._file}?mode=ro", timeout=self._timeout_s, uri=True)
            ) as connection:
                connection.row_factory = sqlite3.Row
                return [dict(row) for row in connection.execute(query, values)]

        try:
            return await asyncio.to_thread(read)
        except sqlite3.Error as error:
            raise Transient(f"system {self.name}: {error}") from error


def _object(row: Row, as_of: datetime | None = None) -> SourceObject:
    stamp = _instant(row["changed_at"])
    return SourceObject(Entity.CUSTOMER, _id(row), row, as_of or stamp, stamp, _fingerprint(row))


def _id(row: Row) -> ExternalId:
    return ExternalId(str(row["id"]))


def _fingerprint(row: Row) -> str:
    return hashlib.sha256(orjson.dumps(row, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _instant(seconds: str | int | None) -> datetime:
    return datetime.fromtimestamp(int(str(seconds)), UTC)


def _cursor(position: Position, high_water: datetime | None, run_start: datetime) -> JsonObject:
    mark = Mark(stamp=position.stamp, external_id=position.external_id, high_water=high_water, run_start=run_start)
    cursor: JsonObject = mark.model_dump(mode="json")
    return cursor
