"""A lead's row with what the hub does about it: held, moved along its table, changed, told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.telling import Entry, announce, tell
from hub.customers.introduce import SELF
from hub.errors import Conflict, NotFound
from hub.leads.report_lead import report_change
from hub.leads.states import LEAD_STATES
from hub.leads.tables import LeadHandling, SalesLead
from hub.ports.writing import FieldChange
from hub.records.contact import Direction, TimelineKind
from hub.records.enums import LeadPriority, LeadRating, LeadState
from hub.records.source import JsonValue

TOPIC: Final = "SalesLead"
"""Topic of the change feed."""

REACHED: Final[Mapping[str, None]] = {"unreached_since": None, "unreached_reason": None}
"""Of a lead that nobody has to reach any more."""


@dataclass(frozen=True, slots=True)
class Lead:
    """A lead as this transaction read it. `system` "hub": the hub's own; `direction` None: a package does not tell."""

    id: UUID
    system: str
    external_id: str
    number: str | None
    name: str | None
    customer_id: UUID | None
    state: LeadState
    rating: LeadRating | None
    priority: LeadPriority | None
    lead_owner: str | None
    direction: Direction | None
    campaign: str | None
    proposition: str | None
    source_system: str | None
    source_id: str | None
    responded_at: datetime | None

    @property
    def own(self) -> bool:
        """Whether the hub issued it."""
        return self.system == SELF

    @property
    def line(self) -> str:
        """What is told of it leaves in the line of its customer, or in its own while he is unknown."""
        return str(self.customer_id or self.id)


async def hold_lead(connection: AsyncConnection, lead: UUID) -> Lead:
    """The lead, held until the transaction ends. NotFound when there is none, or its package deleted it.

    A package's counterpart of one of the hub's own gives the hub's: both are one lead.
    """
    row = (
        await connection.execute(
            text(
                """SELECT l.id, l.system, l.external_id, l.number, l.name, l.customer_id, l.state, l.rating, l.priority,
                     l.lead_owner, l.campaign, h.direction, h.proposition, h.source_system, h.source_id, h.responded_at
                   FROM sales_lead l LEFT JOIN lead_handling h ON h.lead_id = l.id
                   WHERE NOT l.deleted AND l.id = coalesce((
                     SELECT o.id FROM sales_lead c JOIN sales_lead o ON o.number = c.hub_number AND o.system = :self
                     WHERE c.id = :id AND c.system <> :self), CAST(:id AS uuid)) FOR UPDATE OF l"""
            ),
            {"id": lead, "self": SELF},
        )
    ).one_or_none()
    if row is None:
        raise NotFound("there is no such lead")
    return Lead(
        **row._asdict()
        | {
            "state": LeadState(row.state),
            "rating": None if row.rating is None else LeadRating(row.rating),
            "priority": None if row.priority is None else LeadPriority(row.priority),
            "direction": None if row.direction is None else Direction(row.direction),
        }
    )


async def move_lead(connection: AsyncConnection, lead: Lead, to: LeadState, reason: str | None, now: datetime) -> Lead:
    """Into another state; Conflict where the table forbids it. Who manages leads is told."""
    LEAD_STATES.check(lead.state, to)
    change = FieldChange(("state",), lead.state.value, to.value)
    changes = [change, FieldChange(("state_reason",), None, reason)] if reason is not None else [change]
    told = await report_change(connection, lead.system, lead.external_id, lead.line, changes, now)
    if not lead.own:
        # The package's word is what counts: it is asked for, and its answer is how the lead stands.
        if not told:
            raise Conflict(f"no flow of leads goes to {lead.system}, which holds this one: it is worked there")
        return lead
    return await set_state(connection, lead, to, reason, now)


async def set_state(connection: AsyncConnection, lead: Lead, to: LeadState, reason: str | None, now: datetime) -> Lead:
    """Of the hub's own, without looking at the table or telling anybody: for what its lead management says of it."""
    await write_lead(connection, lead, {"state": to.value, "state_reason": reason}, now)
    ended: Mapping[str, object] = {"closed_at": now, **REACHED} if LEAD_STATES.ended(to) else {"closed_at": None}
    await handle(connection, lead, now, **ended)
    await announce(connection, TOPIC, lead.id, "StateChangeEvent", now)
    entry = Entry(TimelineKind.LEAD_CHANGED, lead.customer_id, lead=lead.id, subject=f"{lead.number} {to.value}")
    await tell(connection, entry, now)
    return replace(lead, state=to)


async def change_lead(connection: AsyncConnection, lead: Lead, changes: Mapping[str, JsonValue], now: datetime) -> Lead:
    """Other rating, priority or lead_owner, by column. Conflict once it has ended, or where a package that is not told
    of leads holds it."""
    if LEAD_STATES.ended(lead.state):
        raise Conflict(f"the lead is {lead.state.value}: nobody works on it any more")
    before: Mapping[str, JsonValue] = {
        "rating": lead.rating,
        "priority": lead.priority,
        "lead_owner": lead.lead_owner,
    }
    differing = {name: value for name, value in changes.items() if before[name] != value}
    if not differing:
        return lead
    wanted = [FieldChange((_FIELD.get(name, name),), before[name], value) for name, value in differing.items()]
    told = await report_change(connection, lead.system, lead.external_id, lead.line, wanted, now)
    if not lead.own:
        if not told:
            raise Conflict(f"no flow of leads goes to {lead.system}, which holds this one: it is worked there")
        return lead
    await write_lead(connection, lead, differing, now)
    await announce(connection, TOPIC, lead.id, "AttributeValueChangeEvent", now)
    return replace(lead, **_typed(differing))


_FIELD: Final[Mapping[str, str]] = {"lead_owner": "owner"}
"""Columns whose field of the record has another name."""


def _typed(columns: Mapping[str, JsonValue]) -> dict[str, Any]:
    kinds: dict[str, Any] = {"rating": LeadRating, "priority": LeadPriority}
    return {name: kinds.get(name, str)(value) if value is not None else None for name, value in columns.items()}


async def write_lead(connection: AsyncConnection, lead: Lead, columns: Mapping[str, object], now: datetime) -> None:
    """Columns of the hub's own row, as of now."""
    row = update(SalesLead).where(SalesLead.id == lead.id)
    await connection.execute(row.values(**columns, as_of=now, observed_at=now, version=SalesLead.version + 1))


async def handle(connection: AsyncConnection, lead: Lead, now: datetime, **columns: Any) -> None:
    """Write what the hub does about a lead; a package's gets its row with the first thing done here."""
    row = insert(LeadHandling).values(lead_id=lead.id, opened_by=lead.system, opened_at=now, **columns)
    await connection.execute(row.on_conflict_do_update(index_elements=["lead_id"], set_=columns))
