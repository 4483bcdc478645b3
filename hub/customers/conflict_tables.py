"""Fields of which a customer's sources say different things, as rows that a steward works off."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.metadata import Table


class ConflictState(StrEnum):
    """OPEN: sources differ and the rules chose. RESOLVED: a steward chose, and not all sources have followed.

    FROZEN: sources took turns in overwriting each other, so the field keeps its value and nothing is written outward.
    CLOSED: the sources agree.
    """

    OPEN = "OPEN"
    RESOLVED = "RESOLVED"
    FROZEN = "FROZEN"
    CLOSED = "CLOSED"


class FieldConflict(Table):
    """One golden field of one customer; the row stays when it is closed and opens again when sources differ again.

    `base` is the golden value before they differed, the common ancestor of a three-way comparison; `contested` that
    more than one of them left it. `sides` is [[system, externalId, value, asOf], ...] of the sources with a value,
    `turns` [[system, externalId, value, observedAt], ...] the last changes, oldest first, with true behind the time
    where the source took over the golden value. `decided` holds while
    RESOLVED or FROZEN. The row of a customer who was merged away sleeps until he is split off again. `earlier` is
    [{"joined": [[system, externalId], ...], "case": {...} or null}, ...]: what it was before records came from another
    customer, and is again when they are gone.
    """

    __tablename__ = "field_conflict"
    __table_args__ = (
        UniqueConstraint("customer_id", "field"),
        Index("ix_field_conflict_opened_at", "opened_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID]
    field: Mapped[str]
    state: Mapped[str]
    contested: Mapped[bool]
    base: Mapped[str | None]
    kept: Mapped[str | None]
    sides: Mapped[list[object]]
    turns: Mapped[list[object]]
    decided: Mapped[str | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    earlier: Mapped[list[object]] = mapped_column(server_default=text("'[]'::jsonb"))
