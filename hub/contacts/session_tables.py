"""Sessions, their legs and dialogs, and the cookies by which a channel knows somebody again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.metadata import Table


class CustomerSession(Table):
    """One contact from its start until the customer hangs up (TMF683 PartyInteraction).

    `contact_id` is what people read out and what every system calls this contact. `known` holds the clues of a caller
    who is not recognised yet and is emptied when the session is closed. `active_at` is the last time anything happened.
    `by_system` and `by_external_id`: the record that alone among the customer's had what he was recognised by, if one.
    `answered_at` is when somebody first served the customer. `registered_at`: since then Sales knows of it.
    """

    __tablename__ = "customer_session"
    __table_args__ = (
        Index("ix_customer_session_customer", "customer_id", "started_at", "id"),
        Index("ix_customer_session_quiet", "active_at", "id", postgresql_where=text("state <> 'CLOSED'")),
        Index("ix_customer_session_started", "started_at", postgresql_using="brin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[str] = mapped_column(unique=True)
    customer_id: Mapped[UUID | None]
    channel: Mapped[str]
    direction: Mapped[str]
    phase: Mapped[str]
    state: Mapped[str]
    result: Mapped[str | None]
    level: Mapped[str]
    reason: Mapped[str | None]
    topic: Mapped[str | None]
    known: Mapped[dict[str, object]] = mapped_column(server_default=text("'{}'::jsonb"))
    by_system: Mapped[str | None]
    by_external_id: Mapped[str | None]
    agent: Mapped[str | None]
    queue: Mapped[str | None]
    disposition: Mapped[str | None]
    csat: Mapped[int | None]
    nps: Mapped[int | None]
    comment: Mapped[str | None]
    registered_at: Mapped[datetime | None]
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    active_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SessionLeg(Table):
    """A stretch of a session in one channel with one agent; `number` counts from 1. TRANSFERRED ends a leg."""

    __tablename__ = "session_leg"
    __table_args__ = (Index("ix_session_leg_began", "began_at", postgresql_using="brin"),)

    session_id: Mapped[UUID] = mapped_column(ForeignKey("customer_session.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    agent: Mapped[str | None]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    result: Mapped[str | None]


class BusinessDialog(Table):
    """One topic inside a session (TMF683 InteractionItem); it may be the crossing with a business request.

    `answers`: question to {value, source, at}. `step` is the catalogue's step that the dialog stands at.
    """

    __tablename__ = "business_dialog"
    __table_args__ = (
        Index("ix_business_dialog_session", "session_id", "started_at", "id"),
        Index("ix_business_dialog_customer", "customer_id", "started_at"),
        Index("ix_business_dialog_request", "request_id"),
        Index("ix_business_dialog_started", "started_at", postgresql_using="brin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("customer_session.id", ondelete="CASCADE"))
    customer_id: Mapped[UUID | None]
    topic: Mapped[str]
    topic_version: Mapped[int]
    channel: Mapped[str]
    request_id: Mapped[UUID | None]
    state: Mapped[str]
    outcome: Mapped[str | None]
    step: Mapped[str | None]
    answers: Mapped[dict[str, object]] = mapped_column(server_default=text("'{}'::jsonb"))
    started_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class KnownCookie(Table):
    """Whom a channel's cookie belongs to, learnt when he was identified; only its SHA-256 is kept.

    `by_system` and `by_external_id` as of the session in which it was learnt.
    """

    __tablename__ = "known_cookie"
    __table_args__ = (Index("ix_known_cookie_customer", "customer_id"),)

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID]
    since: Mapped[datetime]
    by_system: Mapped[str | None]
    by_external_id: Mapped[str | None]
