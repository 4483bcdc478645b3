"""What a year with a customer leaves behind, written beside the small company: work, marks, incidents, deliveries."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.session_tables import BusinessDialog, SessionLeg
from hub.contacts.tables import (
    Incident,
    IncidentContact,
    RequestHandling,
    RequestTask,
    TimelineEntry,
    UndeliverableMedium,
    VerifiedMedium,
)
from hub.customers.tables import CustomerRelation
from hub.leads.tables import LeadResponse
from hub.outbound.tables import LeadDelivery
from tests.schema.company import NOW, add, uid

ANNA: Final = "Anna Bakker"
BEN: Final = "Ben de Vries"
EARLIER: Final = NOW - timedelta(days=3, microseconds=1500)

ANSWERS: Final = {
    "zip": {"value": '1000 "AA"', "source": "said", "at": "2026-03-01T10:00:00.120000+00:00"},
    "Amount": {"value": "10.50", "source": "view", "at": "2026-03-01T11:00:00+01:00"},
    "born": {"value": "1980-01-02", "source": "dialog", "at": "2026-02-01T10:00:00+00:00"},
}


async def add_life(connection: AsyncConnection) -> None:
    """Anna's; one entry of her timeline is about Ben's contact, as a late split leaves it."""
    await _add_contact(connection)
    await _add_request(connection)
    await _add_lead(connection)
    medium = {"customer_id": uid(ANNA), "kind": "EMAIL", "normalised": "anna@example.nl"}
    for n in range(2):
        since = EARLIER + timedelta(hours=n)
        mark = {"id": uid(f"mark {n}"), **medium}
        await add(connection, UndeliverableMedium, **mark, since=since, reason=f"550 {n}", reported_by="mail")
        await add(connection, VerifiedMedium, **mark, at=since, method="link", verified_by=f"eva {n}")
    related = {"customer_id": uid(ANNA), "system": "crm", "external_id": "crm-anna", "as_of": EARLIER}
    for n, other in enumerate(("crm-ben", "nobody")):
        relation = {"id": uid(f"relation {n}"), "kind": "HOUSEHOLD", "other": other, "child_id": str(n)}
        await add(connection, CustomerRelation, **related, **relation)


async def _add_contact(connection: AsyncConnection) -> None:
    session = uid(f"{ANNA} session")
    for number, agent in enumerate((None, "eva"), start=1):
        leg = {"channel": "call-centre", "agent": agent, "result": None if agent else "TRANSFERRED"}
        await add(connection, SessionLeg, session_id=session, number=number, **leg, began_at=EARLIER)
    known = {"answers": ANSWERS, "request_id": uid(f"{ANNA} request 1")}
    await connection.execute(update(BusinessDialog).where(BusinessDialog.id == uid(f"{ANNA} dialog")).values(**known))
    for n, ended in enumerate((None, NOW, None)):
        told = {"message": f"No <net> {n}", "topics": ["bill", 'a "b"'][:n], "suspends_offers": bool(n)}
        incident = uid(f"incident {n}")
        started = EARLIER + timedelta(minutes=n)
        await add(connection, Incident, id=incident, **told, declared_by="sam", started_at=started, ended_at=ended)
        if n:
            await add(connection, IncidentContact, incident_id=incident, session_id=session)
    about = {"session_id": session, "request_id": uid(f"{ANNA} request 1"), "lead_id": uid(f"{ANNA} lead 1")}
    strange = {"session_id": uid(f"{BEN} session"), "commitment_id": uid(f"{BEN} commitment")}
    ours = {"commitment_id": uid(f"{ANNA} commitment"), **about}
    for n, facts in enumerate((ours, {}, strange)):
        entry = {"id": uid(f"entry {n}"), "customer_id": uid(ANNA), "at": EARLIER + timedelta(hours=n)}
        await add(connection, TimelineEntry, **entry, kind="SESSION_STARTED", channel="call-centre", **facts)


async def _add_request(connection: AsyncConnection) -> None:
    request = uid(f"{ANNA} request 1")
    handled = {"topic": "bill", "topic_version": 1, "channel": "web", "answers": ANSWERS, "respond_by": NOW}
    await add(connection, RequestHandling, request_id=request, **handled)
    await add(connection, RequestHandling, request_id=uid(f"{BEN} request 1"), channel="web", respond_by=EARLIER)
    for position, state in ((2, "NEW"), (1, "COMPLETED")):
        task = {"position": position, "name": f"step {position}", "state": state, "changed_at": EARLIER}
        await add(connection, RequestTask, request_id=request, **task)


async def _add_lead(connection: AsyncConnection) -> None:
    lead = uid(f"{ANNA} lead 1")
    for n in range(3):
        said = {"channel": "web", "outcome": "INTEREST", "recorded_at": NOW, "recorded_by": "web"}
        when = EARLIER + timedelta(hours=n // 2)
        response = {"id": uid(f"response {n}"), "key": str(n), "lead_id": lead, "customer_id": uid(ANNA)}
        await add(connection, LeadResponse, **response, **said, occurred_at=when)
    for n, (channel, kind, state) in enumerate((("mail", "EMAIL", "SENT"), ("calls", "CALL_LIST", "PLANNED"))):
        way = {"channel": channel, "kind": kind, "state": state, "step": n, "rank": 1}
        times = {"planned_for": EARLIER, "expires_at": NOW + timedelta(days=9)}
        made = {"created_at": EARLIER, "changed_at": EARLIER}
        await add(connection, LeadDelivery, id=uid(f"delivery {n}"), lead_id=lead, **way, **times, **made)
