"""Deliveries of leads, what was planned for each lead, and print runs."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.metadata import Table


class LeadDelivery(Table):
    """One lead on its way by one channel (TMF681 CommunicationMessage). It holds no personal data.

    Not before `planned_for`, dropped at `expires_at`. `rank` orders what is due, smaller first. `taken_at` is when a
    sender, a run or an agent took it last, by which capacity is counted; an agent's claim ends at `lease_until`.
    `tries` counts the times it was to leave. `address_proof` is a keyed digest of the address it left for, so that a
    mail which comes back is known to be that one. `answer` is the mail server's code, such as 550.
    """

    __tablename__ = "lead_delivery"
    __table_args__ = (
        # At most one a channel that is on its way or has arrived: nothing goes out twice.
        Index(
            "uq_lead_delivery_living",
            "lead_id",
            "channel",
            unique=True,
            postgresql_where=text("state IN ('PLANNED', 'CLAIMED', 'SENDING', 'SENT', 'UNKNOWN')"),
        ),
        Index("ix_lead_delivery_lead", "lead_id", "channel"),
        Index("ix_lead_delivery_due", "channel", "planned_for", postgresql_where=text("state = 'PLANNED'")),
        Index(
            "ix_lead_delivery_in_hand",
            "state",
            "channel",
            postgresql_where=text("state IN ('CLAIMED', 'SENDING', 'UNKNOWN')"),
        ),
        Index("ix_lead_delivery_taken", "channel", "taken_at", postgresql_where=text("taken_at IS NOT NULL")),
        Index("ix_lead_delivery_sent", "sent_at", postgresql_where=text("sent_at IS NOT NULL")),
        Index("ix_lead_delivery_run", "run_id", postgresql_where=text("run_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("sales_lead.id", ondelete="CASCADE"))
    channel: Mapped[str]
    kind: Mapped[str]
    step: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str]
    reason: Mapped[str | None]
    rank: Mapped[int] = mapped_column(SmallInteger)
    planned_for: Mapped[datetime]
    expires_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    taken_by: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    run_id: Mapped[UUID | None]
    address_proof: Mapped[bytes | None]
    answer: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class LeadPlan(Table):
    """That a lead was planned, and how many deliveries came of it then.

    It is looked at again at `look_at`: when nothing came of it, and once a delivery has ended without having arrived.
    """

    __tablename__ = "lead_plan"
    __table_args__ = (Index("ix_lead_plan_look_at", "look_at", postgresql_where=text("look_at IS NOT NULL")),)

    lead_id: Mapped[UUID] = mapped_column(ForeignKey("sales_lead.id", ondelete="CASCADE"), primary_key=True)
    planned_at: Mapped[datetime]
    deliveries: Mapped[int] = mapped_column(SmallInteger)
    look_at: Mapped[datetime | None]


class PrintRun(Table):
    """The letters of one closing of a print channel. `digest` is the SHA-256 of its data file, in hex."""

    __tablename__ = "print_run"
    __table_args__ = (UniqueConstraint("channel", "closes_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[str]
    closes_at: Mapped[datetime]
    state: Mapped[str]
    letters: Mapped[int | None]
    digest: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
