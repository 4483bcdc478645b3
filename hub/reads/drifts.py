"""Reports of drift, the newest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.tables import ContractDrift, Quarantine
from hub.reads.paging import Order, Page, Window, page_of, windowed
from hub.reads.quarantine import QuarantineRow, all_quarantined
from hub.reads.relations import Relation
from hub.reads.rows import fetch
from hub.records.drift import DriftKind


@dataclass(frozen=True, slots=True)
class DriftRow:
    """One way of differing; `quarantine_id` is where the first object that showed it waits or waited, if it did."""

    id: int
    system: str
    entity: str
    contract_version: str
    path: str
    kind: str
    policy: str
    detail: str
    objects: int
    first_seen_at: datetime
    last_seen_at: datetime
    external_id: str
    quarantine_id: int | None


@dataclass(frozen=True, slots=True)
class DriftConditions:
    """Which reports, all of it; None leaves a condition out. `since` is when it was last seen."""

    system: str | ColumnElement[str] | None = None
    entity: str | ColumnElement[str] | None = None
    kind: DriftKind | None = None
    since: datetime | ColumnElement[datetime] | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """As a statement takes them."""
        if self.system is not None:
            yield ContractDrift.system == self.system
        if self.entity is not None:
            yield ContractDrift.entity == self.entity
        if self.kind is not None:
            yield ContractDrift.kind == self.kind.value
        if self.since is not None:
            yield ContractDrift.last_seen_at >= self.since


_rows = ContractDrift.__table__.c
# By the first sighting, which stays: the last one moves while somebody pages.
NEWEST: Final = Order("DRIFTS", (_rows["first_seen_at"], _rows["id"]), descending=True)


def all_drifts() -> Select[Any]:
    """The reports, each with where its first object went."""
    there = (
        select(func.max(Quarantine.id))
        .where(
            Quarantine.digest == ContractDrift.digest,
            Quarantine.entity == ContractDrift.entity,
            Quarantine.external_id == ContractDrift.external_id,
        )
        .scalar_subquery()
    )
    own = [_rows[field.name] for field in fields(DriftRow)[:-1]]
    return select(*own, there.label("quarantine_id"))


def _quarantined(drift: FromClause) -> Select[Any]:
    return all_quarantined().where(Quarantine.id == drift.c["quarantine_id"]).correlate(drift)


QUARANTINED_OF_DRIFT: Final = Relation(QuarantineRow, _quarantined)


async def list_drifts(connection: AsyncConnection, chosen: DriftConditions, window: Window) -> Page[DriftRow]:
    """One window of the chosen reports."""
    statement = windowed(all_drifts().where(*chosen.conditions()), NEWEST, window)
    return page_of(await fetch(connection, DriftRow, statement), window)


async def count_drifts(connection: AsyncConnection, chosen: DriftConditions) -> int:
    """How many reports are chosen."""
    statement = select(func.count()).select_from(ContractDrift).where(*chosen.conditions())
    return (await connection.execute(statement)).scalar_one()


async def drifts_by_id(connection: AsyncConnection, ids: Sequence[int]) -> Mapping[int, DriftRow]:
    """The reports with these ids that exist."""
    return {row.id: row for row in await fetch(connection, DriftRow, all_drifts().where(ContractDrift.id.in_(ids)))}
