"""Outbound channels, deliveries, the call list, print runs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated

import strawberry
from sqlalchemy import TIMESTAMP, Text

from hub.outbound.call_list import call_channel
from hub.reads.compiled.state import NOW
from hub.reads.conditions import values, where_later
from hub.reads.outbound import (
    CALL_ORDER,
    CONDITIONS,
    DELIVERIES,
    RUN_ORDER,
    DeliveryConditions,
    DeliveryRow,
    PrintRunRow,
    all_print_runs,
    calls,
    count_calls,
    count_deliveries,
    count_print_runs,
    list_calls,
    list_deliveries,
    list_print_runs,
    loads_of,
)
from hub.reads.paging import Order
from hub.reads.reach import Reach
from hub.store.statement import parameter
from schema.authorise import Requires, Scope
from schema.bounded import check_texts
from schema.context import Context, Info
from schema.fields import resolved
from schema.reads import Arguments, Found, ReadTerms, Slot
from schema.types.connection import After, Before, Connection, First, Last, window_of
from schema.types.delivery import LeadDelivery, OutboundChannel, PrintRun
from schema.types.enums import DeliveryState

Channel = Annotated[str, strawberry.argument(description="The call list, as hub.yaml names it.")]
OneChannel = Annotated[str | None, strawberry.argument(description="Only in this channel.")]
States = Annotated[list[DeliveryState] | None, strawberry.argument(description="In one of these states.")]


class ListedDeliveries:
    """How a page of deliveries is read by one statement."""

    def order(self, _: Arguments) -> Order:
        """Always what was planned last."""
        return DELIVERIES.order

    def find(self, arguments: Arguments, reach: Reach, slot: Slot) -> Found:
        """With the conditions that are given."""
        clauses = where_later(CONDITIONS, _wanted(arguments), slot)
        return Found(DeliveryRow, "customer_id", DELIVERIES.visible(reach, tuple(clauses)))

    def values(self, arguments: Arguments, _: ReadTerms) -> Mapping[str, object]:
        """Those of the conditions."""
        return values(CONDITIONS, _wanted(arguments))


class ListedCalls:
    """How a page of a call list is read by one statement."""

    def order(self, _: Arguments) -> Order:
        """Always the most urgent first."""
        return CALL_ORDER

    def find(self, arguments: Arguments, _: Reach, slot: Slot) -> Found:
        """As of the moment of the request."""
        now = parameter(NOW, TIMESTAMP(timezone=True))
        return Found(DeliveryRow, "customer_id", calls(slot("channel", Text()), now))

    def values(self, arguments: Arguments, terms: ReadTerms) -> Mapping[str, object]:
        """Invalid for what is no call list."""
        call_channel(terms.outbound, arguments["channel"])
        return {"channel": arguments["channel"]}


class ListedRuns:
    """How a page of print runs is read by one statement."""

    def order(self, _: Arguments) -> Order:
        """Always what closes last."""
        return RUN_ORDER

    def find(self, arguments: Arguments, _: Reach, slot: Slot) -> Found:
        """Of one channel, or of all."""
        given = arguments.get("channel") is not None
        return Found(PrintRunRow, None, all_print_runs(slot("channel", Text()) if given else None))

    def values(self, arguments: Arguments, _: ReadTerms) -> Mapping[str, object]:
        """The channel, if there is one."""
        check_texts(arguments)
        return {} if arguments.get("channel") is None else {"channel": arguments["channel"]}


def _wanted(arguments: Arguments) -> DeliveryConditions:
    return DeliveryConditions(arguments.get("states"), arguments.get("channel"))


@strawberry.type
class OutboundQuery:
    """Mixed into Query."""

    @resolved("The channels that carry leads out, with what waits in them.", Requires(Scope.OUTBOUND_READ))
    async def outbound_channels(self, info: Info) -> list[OutboundChannel]:
        """In the order of hub.yaml."""
        channels, now = info.context.hub.outbound.channels, info.context.now()
        async with info.context.reading() as connection:
            loads = await loads_of(connection, list(channels), now)
        return [OutboundChannel.found(name, channel, loads[name], now) for name, channel in channels.items()]

    @resolved(
        "Deliveries over all leads, what was planned last first; `states: [UNKNOWN]` is what somebody has to settle.",
        Requires(Scope.LEADS_READ),
        reads=ListedDeliveries(),
    )
    async def outbound_deliveries(
        self,
        info: Info,
        states: States = None,
        channel: OneChannel = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[LeadDelivery]:
        """Those of customers that the caller may see."""
        window = window_of(info, DELIVERIES.order, first, after, last, before)
        conditions = DeliveryConditions(states, channel)
        async with info.context.reading() as connection:
            page = await list_deliveries(connection, conditions, window, info.context.reach)
        info.context.shows(info, [row.customer_id for row in page.rows if row.customer_id is not None])
        count = partial(_count_deliveries, info.context, conditions)
        return Connection.of(page, DELIVERIES.order, LeadDelivery.of, count)

    @resolved(
        "Whom to call now, the most urgent first; claim one before you call.",
        Requires(Scope.LEADS_READ),
        reads=ListedCalls(),
    )
    async def call_list(
        self,
        info: Info,
        channel: Channel,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[LeadDelivery]:
        """Without those that another agent has."""
        window = window_of(info, CALL_ORDER, first, after, last, before)
        call_channel(info.context.hub.outbound, channel)
        async with info.context.reading() as connection:
            page = await list_calls(connection, channel, info.context.now(), window)
        info.context.shows(info, [row.customer_id for row in page.rows if row.customer_id is not None])
        return Connection.of(page, CALL_ORDER, LeadDelivery.of, partial(_count_calls, info.context, channel))

    @resolved("Runs of letters, the one that closes last first.", Requires(Scope.OUTBOUND_READ), reads=ListedRuns())
    async def print_runs(
        self,
        info: Info,
        channel: OneChannel = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[PrintRun]:
        """Each print channel has one that is open."""
        window = window_of(info, RUN_ORDER, first, after, last, before)
        async with info.context.reading() as connection:
            page = await list_print_runs(connection, channel, window)
        return Connection.of(page, RUN_ORDER, PrintRun.of, partial(_count_runs, info.context, channel))


async def _count_deliveries(context: Context, conditions: DeliveryConditions) -> int:
    async with context.reading() as connection:
        return await count_deliveries(connection, conditions, context.reach)


async def _count_calls(context: Context, channel: str) -> int:
    async with context.reading() as connection:
        return await count_calls(connection, channel, context.now())


async def _count_runs(context: Context, channel: str | None) -> int:
    async with context.reading() as connection:
        return await count_print_runs(connection, channel)
