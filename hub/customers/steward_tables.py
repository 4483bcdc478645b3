"""What stewards did to customers, with a receipt from each connected system; rows are only ever added."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.metadata import Table


class StewardActKind(StrEnum):
    """MERGE: several customers are one person. SPLIT: one customer is several."""

    MERGE = "MERGE"
    SPLIT = "SPLIT"


class StewardEffect(StrEnum):
    """What an act means for a connected system.

    UNTOUCHED: nothing there has to change. HOLDS_DUPLICATES: it has several records of the one person, which its own
    people may join. CONSENT_TRAVELS: it is told that the person allows less than it has. VALUES_TRAVEL: it is told
    golden values that the act changed.
    """

    UNTOUCHED = "UNTOUCHED"
    HOLDS_DUPLICATES = "HOLDS_DUPLICATES"
    CONSENT_TRAVELS = "CONSENT_TRAVELS"
    VALUES_TRAVEL = "VALUES_TRAVEL"


class StewardAct(Table):
    """One merge or split. `customer_id` is who was left with the merged records, or who was split."""

    __tablename__ = "steward_act"
    __table_args__ = (Index("ix_steward_act_customer", "customer_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    customer_id: Mapped[UUID]
    principal: Mapped[str]
    reason: Mapped[str | None]
    at: Mapped[datetime]


class StewardActRecord(Table):
    """A source record that an act was about: whose it was before, and whose it was right after.

    `along`: its customer was none of those who were merged, but became one with them by it.
    """

    __tablename__ = "steward_act_record"
    __table_args__ = (Index("ix_steward_act_record_node", "system", "external_id"),)

    act_id: Mapped[UUID] = mapped_column(ForeignKey("steward_act.id", ondelete="CASCADE"), primary_key=True)
    system: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    former_id: Mapped[UUID]
    later_id: Mapped[UUID]
    along: Mapped[bool] = mapped_column(server_default=text("false"))


class StewardReceipt(Table):
    """What an act came to at one system, once per effect; `command_ids` are what was sent there for it."""

    __tablename__ = "steward_receipt"

    act_id: Mapped[UUID] = mapped_column(ForeignKey("steward_act.id", ondelete="CASCADE"), primary_key=True)
    system: Mapped[str] = mapped_column(primary_key=True)
    effect: Mapped[str] = mapped_column(primary_key=True)
    records: Mapped[list[str]]
    command_ids: Mapped[list[UUID]]


class CustomerPin(Table):
    """A person's decision on one golden field, made for the customer whose id has its home at this record.

    It stands over every rule until it is taken back, and goes with its record when customers are merged and split.
    """

    __tablename__ = "customer_pin"

    system: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str | None]
    principal: Mapped[str]
    at: Mapped[datetime]
