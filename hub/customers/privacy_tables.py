"""Requests of people about their own data, with a receipt per connected system; they name the person by a hash only."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.metadata import Table


class PrivacyKind(StrEnum):
    """EXPORT: a copy of everything (articles 15 and 20 GDPR). ERASURE: article 17. RECTIFICATION: article 16."""

    EXPORT = "EXPORT"
    ERASURE = "ERASURE"
    RECTIFICATION = "RECTIFICATION"


class PrivacyRequest(Table):
    """One request. `subject` is the keyed hash of the customer's id: whoever asks about an id again finds it.

    `counts` says how many rows of which table it was about, `retained` those kept under a legal duty; `proof` is the
    keyed hash over an export's bytes.
    """

    __tablename__ = "privacy_request"
    __table_args__ = (Index("ix_privacy_request_subject", "subject"), Index("ix_privacy_request_at", "at", "id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[bytes]
    principal: Mapped[str]
    reason: Mapped[str | None]
    at: Mapped[datetime]
    counts: Mapped[dict[str, object]]
    retained: Mapped[dict[str, object]]
    proof: Mapped[bytes | None]


class PrivacyReceipt(Table):
    """What a request came to at one system, per record there. Without a command its own people have to do it.

    `settled_by` is who said that they did, or that they must not, with `refusal` saying why.
    """

    __tablename__ = "privacy_receipt"

    request_id: Mapped[UUID] = mapped_column(ForeignKey("privacy_request.id", ondelete="CASCADE"), primary_key=True)
    system: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    command_id: Mapped[UUID | None]
    settled_by: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    refusal: Mapped[str | None]


class RetainedRecord(Table):
    """A record of an erased person that the law wants kept until `until`, without his name on it."""

    __tablename__ = "retained_record"
    __table_args__ = (Index("ix_retained_record_until", "until"),)

    system: Mapped[str] = mapped_column(primary_key=True)
    entity: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("privacy_request.id"))
    until: Mapped[datetime]
