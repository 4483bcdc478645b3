"""Business requests, those of packages and the hub's own, with what the hub does about them; promises; incidents."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.customers.belongings import Belonging
from hub.store.metadata import Table


class BusinessRequest(Belonging, Table):
    """A process over time for the customer (TMF701 ProcessFlow).

    Held by a package, or opened here: then `system` is "hub", `number` and `external_id` are its number and `owner`
    is NULL. A package's row with the `hub_number` of such a request carries it out, and is not a second one.
    """

    __tablename__ = "business_request"

    kind: Mapped[str]
    state: Mapped[str]
    number: Mapped[str | None]
    subject: Mapped[str | None]
    opened_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    hub_number: Mapped[str | None]


Index("ix_business_request_opened", BusinessRequest.opened_at, postgresql_where=text("system = 'hub'"))
Index("uq_business_request_hub", BusinessRequest.number, unique=True, postgresql_where=text("system = 'hub'"))


class RequestHandling(Table):
    """What the hub does about a request, beside what its package says of it; every request of the hub's own has one.

    `respond_by` is when the customer is to have his first answer, `responded_at` when he had it. `executed_by` is the
    system that carries it out. `answers` are those of the dialogs, question to {value, source, at}.
    """

    __tablename__ = "request_handling"
    __table_args__ = (
        Index("ix_request_handling_work", "respond_by", "request_id", postgresql_where=text("closed_at IS NULL")),
        Index("ix_request_handling_closed", "closed_at", postgresql_where=text("closed_at IS NOT NULL")),
    )

    request_id: Mapped[UUID] = mapped_column(ForeignKey("business_request.id", ondelete="CASCADE"), primary_key=True)
    topic: Mapped[str | None]
    topic_version: Mapped[int | None]
    channel: Mapped[str]
    session_id: Mapped[UUID | None]
    handler: Mapped[str | None]
    queue: Mapped[str | None]
    respond_by: Mapped[datetime]
    responded_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    executed_by: Mapped[str | None]
    state_reason: Mapped[str | None]
    answers: Mapped[dict[str, object]] = mapped_column(server_default=text("'{}'::jsonb"))


class RequestTask(Table):
    """A step of a request (TMF701 TaskFlow), in order of `position`; `system` does it, or a person where NULL."""

    __tablename__ = "request_task"

    request_id: Mapped[UUID] = mapped_column(ForeignKey("business_request.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    system: Mapped[str | None]
    state: Mapped[str]
    outcome: Mapped[str | None]
    changed_at: Mapped[datetime]


class Commitment(Table):
    """A promise to a customer: what, by when, by whom. `broken_at` stays when it is kept too late."""

    __tablename__ = "commitment"
    __table_args__ = (
        Index("ix_commitment_customer", "customer_id", "due_at", "id"),
        Index("ix_commitment_due", "due_at", "id", postgresql_where=text("state = 'OPEN'")),
        Index("ix_commitment_due_at", "due_at", postgresql_using="brin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID]
    session_id: Mapped[UUID | None]
    request_id: Mapped[UUID | None]
    promise: Mapped[str]
    due_at: Mapped[datetime]
    handler: Mapped[str]
    state: Mapped[str]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    broken_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]


class Incident(Table):
    """An outage that explains many contacts, shown in every channel while it lasts; no topics: it touches all."""

    __tablename__ = "incident"
    __table_args__ = (Index("ix_incident_active", "started_at", postgresql_where=text("ended_at IS NULL")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    message: Mapped[str]
    topics: Mapped[list[str]]
    suspends_offers: Mapped[bool]
    declared_by: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]


class IncidentContact(Table):
    """A session that an incident explains; counted when the number is asked for, so that no row is fought over."""

    __tablename__ = "incident_contact"

    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True)
    session_id: Mapped[UUID] = mapped_column(
        ForeignKey("customer_session.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class UndeliverableMedium(Table):
    """An address or number of a customer that did not take what was sent there, as a channel or a package reported.

    `normalised` is the spelling of contact_medium; the mark holds for that value, so a corrected one has none.
    """

    __tablename__ = "undeliverable_medium"
    __table_args__ = (Index("ix_undeliverable_medium_customer", "customer_id", "kind", "normalised"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID]
    kind: Mapped[str]
    normalised: Mapped[str]
    reason: Mapped[str]
    since: Mapped[datetime]
    reported_by: Mapped[str]


class VerifiedMedium(Table):
    """That a customer is reached there, as somebody found out; of several marks the newest counts.

    `normalised` is the spelling of contact_medium; the mark holds for that value, so a corrected one has none.
    `method` says how, in a word: a link that was clicked, a number that was called back.
    """

    __tablename__ = "verified_medium"
    __table_args__ = (Index("ix_verified_medium_customer", "customer_id", "kind", "normalised"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID]
    kind: Mapped[str]
    normalised: Mapped[str]
    method: Mapped[str]
    at: Mapped[datetime]
    verified_by: Mapped[str]


class TimelineEntry(Table):
    """One thing that happened between a customer and the company, in any channel; written once, never changed."""

    __tablename__ = "timeline_entry"
    __table_args__ = (
        Index("ix_timeline_entry_customer", "customer_id", "at", "id"),
        Index("ix_timeline_entry_at", "at", postgresql_using="brin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID]
    at: Mapped[datetime]
    kind: Mapped[str]
    channel: Mapped[str | None]
    session_id: Mapped[UUID | None]
    request_id: Mapped[UUID | None]
    commitment_id: Mapped[UUID | None]
    lead_id: Mapped[UUID | None]
    subject: Mapped[str | None]
