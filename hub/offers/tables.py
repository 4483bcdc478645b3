"""Memberships and campaigns as their packages hold them; decisions, contact events and what is learned from them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.customers.belongings import Belonging
from hub.store.metadata import Table


class CampaignMembership(Belonging, Table):
    """One customer's place in a campaign or list."""

    __tablename__ = "campaign_membership"

    campaign: Mapped[str]
    state: Mapped[str]
    step: Mapped[str | None]
    joined_at: Mapped[datetime | None]


class Campaign(Belonging, Table):
    """A campaign as the CM holds it; it belongs to no customer, and a proposition may name it."""

    __tablename__ = "campaign"

    name: Mapped[str]
    state: Mapped[str]


class Decision(Table):
    """One ranked answer to one question, kept because responses refer to it.

    `channel` and `session_id` name the list; the latest by `decided_at` and
    `number` is the one that stands. `segment` is the one that propensity is learned
    for. No foreign key to the customer: his id follows when he is merged into another one.
    """

    __tablename__ = "decision"
    __table_args__ = (
        Index("ix_decision_customer", "customer_id", "channel", "decided_at"),
        Index("ix_decision_session", "session_id", "decided_at", postgresql_where=text("session_id IS NOT NULL")),
        Index("ix_decision_decided_at", "decided_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID]
    channel: Mapped[str]
    session_id: Mapped[UUID | None]
    reason: Mapped[str | None]
    language: Mapped[str | None]
    source: Mapped[str]
    cause: Mapped[str]
    catalogue: Mapped[str]
    segment: Mapped[str | None]
    asked_for: Mapped[int]
    principal: Mapped[str]
    decided_at: Mapped[datetime]
    number: Mapped[int] = mapped_column(BigInteger, Identity())


class NextBestAction(Table):
    """One entry of a decision with its factors; `outcome` follows from its contact events, whatever their order."""

    __tablename__ = "next_best_action"
    __table_args__ = (UniqueConstraint("decision_id", "rank"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    decision_id: Mapped[UUID] = mapped_column(ForeignKey("decision.id", ondelete="CASCADE"))
    rank: Mapped[int]
    proposition: Mapped[str]
    treatment: Mapped[str]
    propensity: Mapped[float]
    context: Mapped[float]
    value: Mapped[float]
    levers: Mapped[float]
    outcome: Mapped[str] = mapped_column(server_default=text("'PENDING'"))
    outcome_at: Mapped[datetime | None]


class ContactEvent(Table):
    """What happened with a proposition or an interest, at `occurred_at`; stored once under the channel's own id.

    `digest` covers what was reported, so that an id used for something else is seen. `issue` and `group_name` are the
    proposition's when it was recorded: the contact policy counts by them. `segment` is that of the decision it
    answers, `counted` once propensity_count has it.
    """

    __tablename__ = "contact_event"
    __table_args__ = (
        Index("ix_contact_event_customer", "customer_id", "occurred_at"),
        Index(
            "ix_contact_event_action", "next_best_action_id", postgresql_where=text("next_best_action_id IS NOT NULL")
        ),
        Index("ix_contact_event_occurred", "occurred_at", postgresql_using="brin"),
        Index("ix_contact_event_uncounted", "recorded_at", postgresql_where=text("NOT counted")),
    )

    event_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID]
    session_id: Mapped[UUID | None]
    next_best_action_id: Mapped[UUID | None]
    channel: Mapped[str]
    kind: Mapped[str]
    proposition: Mapped[str | None]
    issue: Mapped[str | None]
    group_name: Mapped[str | None]
    treatment: Mapped[str | None]
    subject: Mapped[str | None]
    segment: Mapped[str] = mapped_column(server_default=text("''"))
    counted: Mapped[bool] = mapped_column(server_default=text("false"))
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    principal: Mapped[str]
    digest: Mapped[bytes]


class PropensityCount(Table):
    """Offers shown and accepted per proposition, segment and day of the event (UTC); `segment` '' is everybody.

    Counts are sums, so the order in which events are recorded leaves no trace.
    """

    __tablename__ = "propensity_count"

    proposition: Mapped[str] = mapped_column(primary_key=True)
    segment: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    shown: Mapped[int]
    accepted: Mapped[int]
