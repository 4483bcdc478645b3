"""Work that waits for a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Final

import strawberry
from sqlalchemy import TIMESTAMP, Text, any_
from sqlalchemy.dialects.postgresql import ARRAY

from hub.reads.conditions import Kinds, given_of, placed
from hub.reads.paging import Order
from hub.reads.reach import Reach
from hub.reads.stuck_work import NEWEST, WorkRow, all_work, list_stuck_work
from hub.work import dead_letters as stuck
from hub.work.dead_letters import STUCK, count_stuck
from hub.work.tables import Dispatch
from schema.authorise import Requires, Scope
from schema.bounded import check_texts
from schema.context import Context, Info
from schema.fields import resolved
from schema.reads import Arguments, Found, ReadTerms, Slot
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


class ListedWork:
    """How a page of stuck work is read by one statement."""

    kinds: Final[Kinds] = {"kind": Text(), "line": Text(), "code": Text(), "since": TIMESTAMP(timezone=True)}

    def order(self, _: Arguments) -> Order:
        """Always the newest first."""
        return NEWEST

    def find(self, arguments: Arguments, _: Reach, slot: Slot) -> Found:
        """Whatever states are asked for, it is stuck."""
        wanted = _wanted(arguments)
        chosen = placed(replace(wanted.chosen(), states=STUCK), self.kinds, slot)
        listed = all_work().where(*chosen.conditions())
        if wanted.states is not None:
            listed = listed.where(Dispatch.state == any_(slot("states", ARRAY(Text()))))
        return Found(WorkRow, None, listed)

    def values(self, arguments: Arguments, _: ReadTerms) -> Mapping[str, object]:
        """Those of the filter."""
        check_texts(arguments)
        wanted = _wanted(arguments)
        states = {} if wanted.states is None else {"states": [state.value for state in wanted.states]}
        return {**given_of(wanted.chosen(), self.kinds), **states}


def _wanted(arguments: Arguments) -> WorkFilter:
    return arguments.get("filter") or WorkFilter()


Filter = Annotated[WorkFilter | None, strawberry.argument(description="Which; all if left out.")]


@strawberry.type
class StuckWorkQuery:
    """Mixed into Query."""

    @resolved(
        "Work that nothing moves by itself any more, newest first.", Requires(Scope.WORK_READ), reads=ListedWork()
    )
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
