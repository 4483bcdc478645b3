"""Migrations as people look at them: the object, its windows and its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from hub.exchange.tables import Lane
from hub.migration.states import ENDED
from hub.migration.tables import CadenceMigration, MigrationEvidence, ParityRun
from hub.reads.paging import Order, Page, Window, page_of, windowed
from hub.reads.rows import Shape, fetch


@dataclass(frozen=True, slots=True)
class MigrationRow:
    """A migration with the cadences of its lanes; `preflight` and `settings` as they were stored."""

    id: UUID
    flow: str
    from_cadence: str
    to_cadence: str
    state: str
    paused_from: str | None
    problem: str | None
    settings: Mapping[str, Any]  # Any: JSON of MigrationRules
    preflight: Mapping[str, Any] | None  # Any: JSON of findings and forecast
    created_by: str
    created_at: datetime
    changed_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    cut_over_at: datetime | None
    rolled_back_at: datetime | None
    evidence_count: int
    evidence_digest: bytes


@dataclass(frozen=True, slots=True)
class WindowRow:
    """One window; everything behind `opened_at` is None until it was compared."""

    id: UUID
    migration: UUID
    number: int
    audit: bool
    since: datetime
    until: datetime
    opened_at: datetime
    compared_at: datetime | None
    compared: int | None
    counts: Sequence[Mapping[str, Any]] | None  # Any: JSON {kind, verdict, count}
    unexplained: int | None
    unexplained_on_keys: int | None
    carried: int | None
    clean: bool | None
    shared_versions: int | None
    freshness_median_s: float | None
    freshness_p95_s: float | None
    lag_p95_s: float | None
    examples: Sequence[Mapping[str, Any]] | None  # Any: JSON of a Difference


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One row of the chain."""

    migration: UUID
    seq: int
    kind: str
    at: datetime
    body: Mapping[str, Any]  # Any: JSON, by kind
    previous: bytes
    digest: bytes


_from, _to = aliased(Lane), aliased(Lane)
_columns = CadenceMigration.__table__.c
NEWEST: Final = Order("MIGRATIONS", (_columns["created_at"], _columns["id"]), descending=True)
WINDOWS: Final = Shape(WindowRow, ParityRun)
EVIDENCE: Final = Shape(EvidenceRow, MigrationEvidence)


def _all(flow: str | None) -> Select[Any]:
    m = CadenceMigration
    statement = (
        select(
            *(m.id, m.flow, _from.cadence, _to.cadence, m.state, m.paused_from, m.problem, m.settings, m.preflight),
            *(m.created_by, m.created_at, m.changed_at, m.approved_by, m.approved_at, m.cut_over_at, m.rolled_back_at),
            *(m.evidence_count, m.evidence_digest),
        )
        .join_from(m, _from, _from.id == m.from_lane)
        .join(_to, _to.id == m.to_lane)
    )
    return cast("Select[Any]", statement if flow is None else statement.where(m.flow == flow))


async def list_migrations(connection: AsyncConnection, flow: str | None, window: Window) -> Page[MigrationRow]:
    """Newest first, of one flow or of all."""
    rows = await fetch(connection, MigrationRow, windowed(_all(flow), NEWEST, window))
    return page_of(rows, window)


async def count_migrations(connection: AsyncConnection, flow: str | None) -> int:
    """How many there are."""
    statement = select(func.count()).select_from(CadenceMigration)
    counted = statement if flow is None else statement.where(CadenceMigration.flow == flow)
    return int((await connection.execute(counted)).scalar_one())


async def migrations_by_id(connection: AsyncConnection, ids: Sequence[UUID]) -> Mapping[UUID, MigrationRow]:
    """The migrations with these ids that exist."""
    rows = await fetch(connection, MigrationRow, _all(None).where(CadenceMigration.id.in_(ids)))
    return {row.id: row for row in rows}


async def latest_migrations(connection: AsyncConnection, flows: Sequence[str]) -> Mapping[str, MigrationRow]:
    """Of each flow that has one: the open migration, else the one in which somebody acted last (as `latest`)."""
    m = CadenceMigration
    statement = _all(None).where(m.flow.in_(flows)).ext(distinct_on(m.flow))
    acted = func.greatest(m.created_at, m.cut_over_at, m.rolled_back_at)
    current = statement.order_by(m.flow, m.state.in_(ENDED), acted.desc(), m.id.desc())
    return {row.flow: row for row in await fetch(connection, MigrationRow, current)}


async def windows_of(connection: AsyncConnection, migration: UUID, last: int) -> Sequence[WindowRow]:
    """The newest windows, oldest of them first."""
    statement = select(*WINDOWS.columns).where(ParityRun.migration == migration)
    rows = await fetch(connection, WindowRow, statement.order_by(ParityRun.number.desc()).limit(last))
    return list(reversed(rows))


async def evidence_rows(connection: AsyncConnection, migration: UUID, after: int, first: int) -> Sequence[EvidenceRow]:
    """The rows behind number `after`, in order."""
    statement = select(*EVIDENCE.columns).where(MigrationEvidence.migration == migration, MigrationEvidence.seq > after)
    return await fetch(connection, EvidenceRow, statement.order_by(MigrationEvidence.seq).limit(first))
