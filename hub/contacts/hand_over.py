"""What Sales is told of a finished contact: how it went, and each dialog with what became of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.register import hand_over
from hub.contacts.session import Session
from hub.contacts.session_tables import CustomerSession
from hub.customers.known_there import known_there
from hub.exchange.outward import outward_flows
from hub.records.contact import DialogOutcome, DialogState, SessionResult
from hub.records.contacts import HandledDialog, WrapUpRecord
from hub.records.enums import RequestState
from hub.records.identity import Entity


async def hand_over_session(connection: AsyncConnection, session: Session, now: datetime) -> None:
    """Flow 12, to every system that one leads to."""
    flows = await outward_flows(connection, Entity.WRAP_UP)
    if not flows or session.customer_id is None:
        return
    columns = (CustomerSession.ended_at, CustomerSession.result, CustomerSession.disposition)
    scores = (CustomerSession.csat, CustomerSession.nps)
    statement = select(*columns, *scores).where(CustomerSession.id == session.id)
    told = (await connection.execute(statement)).one()
    dialogs = await _dialogs(connection, session)
    for flow in flows:
        there = await known_there(connection, flow.target, session.customer_id, now)
        if there is None:
            continue
        record = WrapUpRecord(
            customer=there.customer,
            customer_key=there.customer_key,
            channel=session.channel,
            direction=session.direction,
            reason=session.reason,
            agent=session.agent,
            started_at=session.started_at,
            ended_at=told.ended_at or now,
            result=SessionResult(told.result),
            disposition=told.disposition,
            csat=told.csat,
            nps=told.nps,
            dialogs=dialogs,
        )
        await hand_over(connection, flow.target, Entity.WRAP_UP, session, record, now)


async def _dialogs(connection: AsyncConnection, session: Session) -> tuple[HandledDialog, ...]:
    rows = await connection.execute(
        text(
            """SELECT d.id, d.topic, d.state, d.outcome, r.number, r.state AS request_state
               FROM business_dialog d LEFT JOIN business_request r ON r.id = d.request_id
               WHERE d.session_id = :session ORDER BY d.started_at, d.id LIMIT 200"""
        ),
        {"session": session.id},
    )
    return tuple(
        HandledDialog(
            external_id=str(row.id),
            topic=row.topic,
            title=row.topic,
            state=DialogState(row.state),
            outcome=None if row.outcome is None else DialogOutcome(row.outcome),
            request=row.number,
            request_state=None if row.request_state is None else RequestState(row.request_state),
        )
        for row in rows
    )
