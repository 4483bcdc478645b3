"""Runs of flows, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, Text, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.exchange.tables import Lane
from hub.flows.tables import FlowRun
from hub.reads.paging import Order, Page, Window, page_of, sorting, windowed
from hub.reads.parts import asked_for
from hub.reads.rows import fetch


@dataclass(frozen=True, slots=True)
class RunRow:
    """One execution of a lane; `counters` maps what happened to records to how often."""

    id: UUID
    flow: str
    cadence: str
    state: str
    scheduled_for: datetime
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    giving_way_since: datetime | None
    counters: Mapping[str, int]
    error_code: str | None


_runs, _lanes = FlowRun.__table__.c, Lane.__table__.c
NEWEST: Final = Order("NEWEST", (_runs["created_at"], _runs["id"]), descending=True)


def _all_runs() -> Select[Any]:
    return select(
        _runs["id"],
        _lanes["flow"],
        _lanes["cadence"],
        _runs["state"],
        _runs["scheduled_for"],
        _runs["created_at"],
        _runs["started_at"],
        _runs["finished_at"],
        _runs["giving_way_since"],
        _runs["counters"],
        _runs["error_code"],
    ).join_from(FlowRun, Lane, Lane.id == FlowRun.lane_id)


async def runs_by_id(connection: AsyncConnection, ids: Sequence[UUID]) -> Mapping[UUID, RunRow]:
    """The runs with these ids that exist."""
    return {row.id: row for row in await fetch(connection, RunRow, _all_runs().where(FlowRun.id.in_(ids)))}


async def runs_of(connection: AsyncConnection, flows: Sequence[str], window: Window) -> Mapping[str, Page[RunRow]]:
    """The same window of each flow's runs, over all its lanes."""
    asked = asked_for(flows, Text())
    lateral = windowed(_all_runs().where(_lanes["flow"] == asked.c.key), NEWEST, window).lateral("own")
    sort_keys = [lateral.c[column.key or ""] for column in NEWEST.columns]
    statement = select(*lateral.c).select_from(asked, lateral).order_by(*sorting(sort_keys, NEWEST, window))
    found: dict[str, list[RunRow]] = {flow: [] for flow in flows}
    for row in await fetch(connection, RunRow, statement):
        found[row.flow].append(row)
    return {flow: page_of(rows, window) for flow, rows in found.items()}


async def run_counts(connection: AsyncConnection, flows: Sequence[str]) -> Mapping[str, int]:
    """How many runs each flow has had."""
    counted = select(Lane.flow, func.count()).join_from(FlowRun, Lane, Lane.id == FlowRun.lane_id)
    rows = await connection.execute(counted.where(Lane.flow.in_(flows)).group_by(Lane.flow))
    counts = dict(rows.all())
    return {flow: counts.get(flow, 0) for flow in flows}
