"""What is to be done: the catalogue of topics, open requests, promises to keep."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated

import strawberry
from sqlalchemy import Text, func

from hub.reads.conditions import values, where_later
from hub.reads.handling import WORK_ORDER, WorkConditions, WorkRow, count_work, in_queue_of, list_work, work_list
from hub.reads.paging import Order
from hub.reads.promises import (
    COMMITMENTS,
    CONDITIONS,
    CommitmentRow,
    PromiseConditions,
    count_promises,
    list_promises,
)
from hub.reads.reach import Reach
from hub.reads.viewer import OWN_QUEUE, SUBJECT
from hub.store.statement import parameter
from schema.authorise import Requires, Scope
from schema.bounded import check_texts
from schema.context import Context, Info
from schema.fields import resolved
from schema.reads import Arguments, Found, ReadTerms, Slot
from schema.types.connection import After, Before, Connection, First, Last, window_of
from schema.types.enums import CommitmentState
from schema.types.promise import Commitment
from schema.types.topic import DialogTopic
from schema.types.work_item import WorkItem


@strawberry.input(description="Which requests of the work list, all of it.")
class WorkListFilter:
    """A field left out asks nothing. An agent with a queue of his own sees that queue, and what he works on."""

    queue: str | None = strawberry.field(default=None, description="In this queue.")
    mine: bool = strawberry.field(default=False, description="True: that you work on.")
    unassigned: bool = strawberry.field(default=False, description="True: that nobody works on yet.")
    unanswered: bool = strawberry.field(default=False, description="True: whose customer has had no answer yet.")


Filter = Annotated[WorkListFilter | None, strawberry.argument(description="Which requests; all if left out.")]
States = Annotated[list[CommitmentState] | None, strawberry.argument(description="In one of these states.")]
Mine = Annotated[bool, strawberry.argument(description="True: only those that you are to keep.")]


class ListedWork:
    """How a page of the work list is read by one statement, whose queue and subject are the caller's own."""

    def order(self, _: Arguments) -> Order:
        """Always who is to be answered first."""
        return WORK_ORDER

    def find(self, arguments: Arguments, _: Reach, slot: Slot) -> Found:
        """With the conditions that are given."""
        wanted, own = _wanted(arguments), parameter(OWN_QUEUE, Text())
        queue = None if wanted.queue is None else func.coalesce(own, slot("queue", Text()))
        handler = parameter(SUBJECT, Text()) if wanted.mine else None
        listed = work_list(WorkConditions(queue, handler, wanted.unassigned, wanted.unanswered))
        return Found(WorkRow, None, listed if queue is not None else listed.where(in_queue_of(own)))

    def values(self, arguments: Arguments, _: ReadTerms) -> Mapping[str, object]:
        """The queue that is asked for."""
        wanted = _wanted(arguments)
        check_texts({"filter": wanted})
        return {} if wanted.queue is None else {"queue": wanted.queue}


def _wanted(arguments: Arguments) -> WorkListFilter:
    return arguments.get("filter") or WorkListFilter()


class ListedPromises:
    """How a page of promises is read by one statement."""

    def order(self, _: Arguments) -> Order:
        """Always the first that is due."""
        return COMMITMENTS.order

    def find(self, arguments: Arguments, reach: Reach, slot: Slot) -> Found:
        """With the states that are given, and the caller where only his own are wanted."""
        clauses = [*where_later(CONDITIONS, _states(arguments), slot)]
        if arguments.get("mine"):
            clauses.append(CONDITIONS["handler"].clause(parameter(SUBJECT, Text())))
        return Found(CommitmentRow, "customer_id", COMMITMENTS.visible(reach, tuple(clauses)))

    def values(self, arguments: Arguments, _: ReadTerms) -> Mapping[str, object]:
        """The states."""
        return values(CONDITIONS, _states(arguments))


def _states(arguments: Arguments) -> PromiseConditions:
    return PromiseConditions(arguments.get("states"))


@strawberry.type
class WorkListQuery:
    """Mixed into Query."""

    @resolved(
        "The topics of the catalogue, by name.",
        Requires(Scope.CONTACTS_READ),
    )
    def topics(self, info: Info) -> list[DialogTopic]:
        """From hub.yaml's catalogue."""
        topics = info.context.hub.contacts.catalogue.topics
        return [DialogTopic.of(name, topics[name]) for name in sorted(topics)]

    @resolved(
        "Open requests, the one whose customer is to be answered first at the top.",
        Requires(Scope.REQUESTS_WORK),
        reads=ListedWork(),
    )
    async def work_list(
        self,
        info: Info,
        filter: Filter = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[WorkItem]:
        """A gold customer's mail comes before a letter that was opened earlier."""
        window = window_of(info, WORK_ORDER, first, after, last, before)
        conditions = _conditions(info.context, filter or WorkListFilter())
        async with info.context.reading() as connection:
            page = await list_work(connection, conditions, window)
        return Connection.of(page, WORK_ORDER, WorkItem.of, partial(_count, info.context, conditions))

    @resolved(
        "Promises over all customers, the first that is due first.",
        Requires(Scope.REQUESTS_WORK),
        reads=ListedPromises(),
    )
    async def commitments(
        self,
        info: Info,
        states: States = None,
        mine: Mine = False,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Commitment]:
        """`states: [BROKEN]` is what a supervisor looks after."""
        context = info.context
        window = window_of(info, COMMITMENTS.order, first, after, last, before)
        conditions = PromiseConditions(states, context.principal.subject if mine else None)
        async with context.reading() as connection:
            page = await list_promises(connection, conditions, window, context.reach)
        context.shows(info, [row.customer_id for row in page.rows])
        return Connection.of(page, COMMITMENTS.order, Commitment.of, partial(_count_promises, context, conditions))


def _conditions(context: Context, wanted: WorkListFilter) -> WorkConditions:
    handler = context.principal.subject if wanted.mine else None
    return WorkConditions(context.own_queue or wanted.queue, handler, wanted.unassigned, wanted.unanswered)


async def _count(context: Context, conditions: WorkConditions) -> int:
    async with context.reading() as connection:
        return await count_work(connection, conditions)


async def _count_promises(context: Context, conditions: PromiseConditions) -> int:
    async with context.reading() as connection:
        return await count_promises(connection, conditions, context.reach)
