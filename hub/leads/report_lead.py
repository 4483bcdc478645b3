"""Let lead management know of a lead: that it is there, and what changes about it.

The hub's number of a lead is its id in every system, so each is told of the same object again and again (ADR 0017). A
lead that a package issued is known there by the package's own id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.introduce import SELF
from hub.customers.known_there import KnownThere, all_known_there
from hub.exchange.outward import Outward, outward_flows, told_of
from hub.exchange.want import Target, want_update, want_updates
from hub.ports.writing import FieldChange
from hub.records.identity import Entity, ExternalId
from hub.records.source import JsonValue

EXECUTION: Final = 10
"""The business flow that delivers leads to channels; every other one of leads leads to where they are managed."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A new lead of the hub's own: its number, whose it is, and its fields as a record has them."""

    number: str
    customer: UUID
    told: Mapping[str, JsonValue]


async def report_opened(connection: AsyncConnection, leads: Sequence[Opened], now: datetime) -> None:
    """To every system that leads go to and that knows their customer, or is to; as few statements as for one."""
    for flow in await _flows(connection):
        known = await all_known_there(connection, flow.target, [lead.customer for lead in leads], now)
        wanted = [(lead, known[lead.customer]) for lead in leads if lead.customer in known]
        await want_updates(connection, [_making(flow.target, lead, there) for lead, there in wanted], now)


def _making(system: str, lead: Opened, there: KnownThere) -> tuple[Target, Sequence[FieldChange]]:
    whole = {"customer": there.customer, "customer_key": there.customer_key, **lead.told}
    changes = [FieldChange((name,), None, value) for name, value in whole.items() if value is not None]
    return Target(system, Entity.SALES_LEAD, ExternalId(lead.number), str(lead.customer)), changes


async def report_change(
    connection: AsyncConnection, system: str, external_id: str, line: str, changes: Sequence[FieldChange], now: datetime
) -> bool:
    """To the system that issued it, or to all that were told of the hub's own; False where nobody is told."""
    if not changes:
        return False
    targets = [flow.target for flow in await _flows(connection)]
    if system == SELF:
        aware = await told_of(connection, targets, Entity.SALES_LEAD, external_id)
    else:
        aware = frozenset(targets) & {system}
    for target in sorted(aware):
        await want_update(connection, Target(target, Entity.SALES_LEAD, ExternalId(external_id), line), changes, now)
    return bool(aware)


async def leads_reach(connection: AsyncConnection, system: str) -> bool:
    """Whether a change of a lead that `system` issued can be made true: the hub's own always, another's by a flow."""
    return system == SELF or any(flow.target == system for flow in await _flows(connection))


async def _flows(connection: AsyncConnection) -> list[Outward]:
    return [flow for flow in await outward_flows(connection, Entity.SALES_LEAD) if flow.business_flow != EXECUTION]
