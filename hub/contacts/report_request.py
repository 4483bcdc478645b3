"""Let packages know of a request: the CRM and campaign management how it goes, the back office what to do.

The hub's number of a request is its id in every system, so each is told of the same object again and again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.known_there import known_there
from hub.errors import Conflict
from hub.exchange.outward import outward_flows, told_of
from hub.exchange.want import Target, want_update
from hub.ports.writing import FieldChange
from hub.records.enums import RequestState
from hub.records.identity import Entity, ExternalId
from hub.records.source import JsonValue

EXECUTION: Final = 6
"""The business flow that carries orders out to the back office; every other one of requests tells how they go."""


async def report_opened(
    connection: AsyncConnection,
    number: str,
    customer: UUID,
    told: Mapping[str, JsonValue],
    order: tuple[str, Mapping[str, JsonValue]] | None,
    now: datetime,
) -> None:
    """A new request, to all that hear of requests; `order` is the system that carries it out and what it is to do.

    Conflict where no flow leads to that system: the request would wait for ever.
    """
    reached = set()
    for flow in await outward_flows(connection, Entity.BUSINESS_REQUEST):
        reached.add(flow.target)
        if flow.business_flow == EXECUTION and (order is None or order[0] != flow.target):
            continue
        extra = order[1] if order is not None and order[0] == flow.target else {}
        there = await known_there(connection, flow.target, customer, now)
        if there is None and not extra:
            continue
        whose: Mapping[str, JsonValue] = {}
        if there is not None:
            whose = {"customer": there.customer, "customer_key": there.customer_key}
        await _want(connection, flow.target, number, str(customer), {**whose, **told, **extra}, now)
    if order is not None and order[0] not in reached:
        raise Conflict(f"no flow of requests leads to {order[0]}: write one with business_flow 6 in hub.yaml")


async def report_change(
    connection: AsyncConnection,
    number: str,
    line: str,
    states: tuple[RequestState, RequestState],
    executed_by: str | None,
    now: datetime,
) -> None:
    """From one state to another, to all who were told of the request but the system that carries it out: it knows."""
    before, after = states
    flows = await outward_flows(connection, Entity.BUSINESS_REQUEST)
    aware = await told_of(connection, [flow.target for flow in flows], Entity.BUSINESS_REQUEST, number)
    for flow in flows:
        if flow.target in aware and flow.business_flow != EXECUTION and flow.target != executed_by:
            target = Target(flow.target, Entity.BUSINESS_REQUEST, ExternalId(number), line)
            await want_update(connection, target, [FieldChange(("state",), before.value, after.value)], now)


async def _want(
    connection: AsyncConnection, system: str, number: str, line: str, told: Mapping[str, JsonValue], now: datetime
) -> None:
    target = Target(system, Entity.BUSINESS_REQUEST, ExternalId(number), line)
    changes = [FieldChange((name,), None, value) for name, value in told.items() if value is not None]
    await want_update(connection, target, changes, now)
