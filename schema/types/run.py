"""Runs of information flows."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry
from strawberry import relay

from hub.reads.runs import RunRow
from schema.context import Info
from schema.types.enums import FlowCadence, RunState


@strawberry.type(description="How many records of a run met with what.")
class RunCount:
    """One counter."""

    what: str = strawberry.field(description="read, created, changed, unchanged, stale, deleted, quarantined, ...")
    records: int = strawberry.field(description="How many so far.")


@strawberry.type(description="One execution of a flow's lane.")
class FlowRun(relay.Node):
    """A run; its counters grow with every committed page."""

    id: relay.NodeID[UUID]
    cadence: FlowCadence = strawberry.field(description="The lane it runs on.")
    state: RunState = strawberry.field(description="Where it stands.")
    scheduled_for: datetime = strawberry.field(description="The time it was due.")
    started_at: datetime | None = strawberry.field(description="When it began.")
    finished_at: datetime | None = strawberry.field(description="When it ended.")
    giving_way_since: datetime | None = strawberry.field(
        description="Since when it makes way for real-time work that waits too long, and goes on in small steps; null "
        "while it need not."
    )
    counts: list[RunCount] = strawberry.field(description="What happened to its records, by name.")
    error_code: str | None = strawberry.field(description="Why it failed, if it did.")

    @classmethod
    def of(cls, row: RunRow) -> Self:
        """The type from its row."""
        return cls(
            id=row.id,
            cadence=FlowCadence(row.cadence),
            state=RunState(row.state),
            scheduled_for=row.scheduled_for,
            started_at=row.started_at,
            finished_at=row.finished_at,
            giving_way_since=row.giving_way_since,
            counts=[RunCount(what=what, records=number) for what, number in sorted(row.counters.items())],
            error_code=row.error_code,
        )

    @classmethod
    async def visible(cls, info: Info, identity: UUID) -> Self | None:
        """The run with this id, if there is one."""
        row = await info.context.loaders.runs.load(identity)
        return None if row is None else cls.of(row)
