"""What hangs on contacts, requests, promises and leads, for one statement that reads a whole view."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import TIMESTAMP, ColumnElement, FromClause, Select, Text, cast, column, func, select
from sqlalchemy.dialects.postgresql import JSONB

from hub.contacts.session_tables import BusinessDialog, SessionLeg
from hub.contacts.tables import (
    Incident,
    IncidentContact,
    RequestHandling,
    RequestTask,
    UndeliverableMedium,
    VerifiedMedium,
)
from hub.leads.tables import LeadResponse, SalesLead
from hub.outbound.tables import LeadDelivery
from hub.reads.belongings import LEADS, REQUESTS
from hub.reads.handling import DIALOGS, HANDLING, TASKS, DialogRow, HandlingRow, TaskRow
from hub.reads.lead_parts import RESPONSES, RESPONSES_MAX, ResponseRow
from hub.reads.outbound import DELIVERIES, OF_ONE_AT_MOST, DeliveryRow
from hub.reads.paging import Window, within
from hub.reads.promises import COMMITMENTS
from hub.reads.relations import AT_MOST, Derived, Relation, customer_named, part_named
from hub.reads.sessions import INCIDENT_ORDER, INCIDENTS, LEGS, SESSIONS, IncidentRow, LegRow
from hub.reads.undeliverable import UndeliverableRow
from hub.reads.verified import VerifiedRow
from hub.store.metadata import Table


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One of the answers that a dialog or request keeps as question to {value, source, at}."""

    question: str
    value: str
    source: str
    at: datetime


def _beside(row: type, rows: Callable[[FromClause], Select[Any]]) -> Relation:
    return Relation(row, lambda parent: rows(parent).correlate(parent))


def _answers(parent: FromClause) -> Select[Any]:
    kept = func.jsonb_each(parent.c["answers"]).table_valued(
        column("key", Text()), column("value", JSONB()), name="kept"
    )
    said = kept.c.value
    return select(
        kept.c.key.label("question"),
        said["value"].astext.label("value"),
        func.upper(said["source"].astext, type_=Text()).label("source"),
        cast(said["at"].astext, TIMESTAMP(timezone=True)).label("at"),
    ).order_by(kept.c.key.collate("C"))


def _handling(request: FromClause) -> Select[Any]:
    return select(*HANDLING.columns).where(RequestHandling.request_id == request.c["id"])


def _tasks(request: FromClause) -> Select[Any]:
    own = select(*TASKS.columns).where(RequestTask.request_id == request.c["id"])
    return own.order_by(RequestTask.position)


def _legs(session: FromClause) -> Select[Any]:
    return select(*LEGS.columns).where(SessionLeg.session_id == session.c["id"]).order_by(SessionLeg.number)


def _dialogs(session: FromClause) -> Select[Any]:
    own = select(*DIALOGS.columns).where(BusinessDialog.session_id == session.c["id"])
    return own.order_by(*DIALOGS.order.columns).limit(AT_MOST)


def _responses(lead: FromClause) -> Select[Any]:
    own = select(*RESPONSES.columns).where(LeadResponse.lead_id == lead.c["id"])
    return own.order_by(LeadResponse.occurred_at.desc(), LeadResponse.id).limit(RESPONSES_MAX)


def _deliveries_of_lead(lead: FromClause) -> Select[Any]:
    own = select(*DELIVERIES.columns).where(LeadDelivery.lead_id == lead.c["id"])
    return own.order_by(LeadDelivery.planned_for, LeadDelivery.step, LeadDelivery.id)


def _deliveries_of_customer(customer: FromClause) -> Select[Any]:
    own = select(*DELIVERIES.columns).join(SalesLead, SalesLead.id == LeadDelivery.lead_id)
    own = own.where(SalesLead.customer_id == customer.c["id"])
    return own.order_by(LeadDelivery.planned_for.desc(), LeadDelivery.id.desc()).limit(OF_ONE_AT_MOST)


def _same_medium(mark: type[Table], medium: FromClause) -> list[ColumnElement[bool]]:
    columns = mark.__table__.c
    return [columns[name] == medium.c[name] for name in ("customer_id", "kind", "normalised")]


def _undeliverable(medium: FromClause) -> Select[Any]:
    mark = UndeliverableMedium
    columns = mark.__table__.c
    first = select(*(columns[name] for name in ("since", "reason", "reported_by"))).where(*_same_medium(mark, medium))
    return first.order_by(mark.since, mark.id.desc()).limit(1)


def _verified(medium: FromClause) -> Select[Any]:
    mark = VerifiedMedium
    columns = mark.__table__.c
    last = select(*(columns[name] for name in ("at", "method", "verified_by"))).where(*_same_medium(mark, medium))
    return last.order_by(mark.at.desc(), mark.id.desc()).limit(1)


def _going_on(_: FromClause) -> Select[Any]:
    lasting = select(*INCIDENTS.columns).where(Incident.ended_at.is_(None))
    return within(lasting, INCIDENT_ORDER, INCIDENTS_SHOWN).limit(INCIDENTS_SHOWN.limit)


def _contacts(incident: FromClause) -> ColumnElement[Any]:
    own = select(func.count()).where(IncidentContact.incident_id == incident.c["id"])
    return own.correlate(incident).scalar_subquery()


INCIDENTS_SHOWN: Final = Window(20)
"""Incidents beside a session: more at once are no explanation any more."""

ANSWERS: Final = _beside(AnswerRow, _answers)
"""Of a dialog or of the handling of a request, by question."""
HANDLING_OF_REQUEST: Final = _beside(HandlingRow, _handling)
TASKS_OF_REQUEST: Final = _beside(TaskRow, _tasks)
LEGS_OF_SESSION: Final = _beside(LegRow, _legs)
DIALOGS_OF_SESSION: Final = _beside(DialogRow, _dialogs)
INCIDENTS_NOW: Final = Relation(IncidentRow, _going_on)
CONTACTS_OF_INCIDENT: Final = Derived(_contacts)
RESPONSES_OF_LEAD: Final = _beside(ResponseRow, _responses)
DELIVERIES_OF_LEAD: Final = _beside(DeliveryRow, _deliveries_of_lead)
DELIVERIES_OF_CUSTOMER: Final = _beside(DeliveryRow, _deliveries_of_customer)
UNDELIVERABLE: Final = _beside(UndeliverableRow, _undeliverable)
"""The first report of a medium."""
VERIFIED: Final = _beside(VerifiedRow, _verified)
"""The newest mark of a medium."""

OWN_CUSTOMER: Final = customer_named("customer_id")
OTHER_CUSTOMER: Final = customer_named("other_id")
LEAD: Final = part_named(LEADS, "lead_id")
REQUEST: Final = part_named(REQUESTS, "request_id")
SESSION: Final = part_named(SESSIONS, "session_id")
COMMITMENT: Final = part_named(COMMITMENTS, "commitment_id")
