"""Work that waits for a person."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from hub.reads.stuck_work import NEWEST, list_stuck_work
from hub.work import dead_letters as stuck
from hub.work.dead_letters import STUCK, count_stuck
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.types.connection import After, Before, Connection, First, Last, window_of
from schema.types.enums import Queue, WorkState
from schema.types.work import StuckWork


@strawberry.input(description="Which stuck work, all of it.")
class WorkFilter:
    """A field left out asks nothing."""

    states: list[WorkState] | None = strawberry.field(default=None, description="DEAD, PARKED or UNKNOWN.")
    kind: str | None = strawberry.field(default=None, description="Of this kind: outbound.send, flow.run, ...")
    queue: Queue | None = strawberry.field(default=None, description="On this queue.")
    line: str | None = strawberry.field(default=None, description="In this line.")
    code: str | None = strawberry.field(default=None, description="With this code.")
    since: datetime | None = strawberry.field(default=None, description="Ordered then or later.")

    def chosen(self) -> stuck.StuckWork:
        """As the rooms below take it."""
        states = STUCK if self.states is None else frozenset(self.states)
        return stuck.StuckWork(None, states, self.kind, self.queue, self.line, self.code, self.since)


Filter = Annotated[WorkFilter | None, strawberry.argument(description="Which; all if left out.")]


@strawberry.type
class StuckWorkQuery:
    """Mixed into Query."""

    @resolved("Work that nothing moves by itself any more, newest first.", Requires(Scope.WORK_READ))
    async def dead_letters(
        self,
        info: Info,
        filter: Filter = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[StuckWork]:
        """Parked work and unknown outcomes among it."""
        window = window_of(info, NEWEST, first, after, last, before)
        chosen = (filter or WorkFilter()).chosen()
        async with info.context.reading() as connection:
            page = await list_stuck_work(connection, chosen, window)
        return Connection.of(page, NEWEST, StuckWork.of, lambda: _count(info.context, chosen))


async def _count(context: Context, chosen: stuck.StuckWork) -> int:
    async with context.reading() as connection:
        return await count_stuck(connection, chosen)
