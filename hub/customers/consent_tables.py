"""Every statement of consent ever made, by whomever; what counts follows from them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.metadata import Table


class ConsentStatement(Table):
    """One statement, as one source record (`owner_system`, `owner_id`) of the person made it; never changed.

    `system` is who holds it, `hub` for what was recorded here; a change there is a new `version`. It counts in
    [stated_at, ended_at) where it is valid, [valid_from, valid_to). `confirm_digest` (SHA-256 of a token) stands on a
    PENDING one that a double opt-in confirms until `confirm_until`. `due_at` is when its validity begins or ends next.
    """

    __tablename__ = "consent_statement"
    __table_args__ = (
        Index("ix_consent_statement_owner", "owner_system", "owner_id", "purpose"),
        Index("ix_consent_statement_object", "system", "external_id", "version", unique=True),
        Index("ix_consent_statement_confirm", "confirm_digest", unique=True),
        Index("ix_consent_statement_ended", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
        Index(
            "ix_consent_statement_expired",
            "valid_to",
            postgresql_where=text("system = 'hub' AND valid_to IS NOT NULL"),
        ),
        Index("ix_consent_statement_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    system: Mapped[str]
    external_id: Mapped[str]
    version: Mapped[int]
    owner_system: Mapped[str]
    owner_id: Mapped[str]
    purpose: Mapped[str]
    channel: Mapped[str | None]
    status: Mapped[str]
    legal_basis: Mapped[str]
    evidence: Mapped[str | None]
    valid_from: Mapped[datetime | None]
    valid_to: Mapped[datetime | None]
    stated_at: Mapped[datetime]
    observed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    principal: Mapped[str | None]
    confirm_digest: Mapped[bytes | None]
    confirm_until: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
