"""What probable recognition needs to know of every source customer, and what it learned."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Computed, ForeignKey, ForeignKeyConstraint, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.metadata import Table


class WeightsState(StrEnum):
    """LEARNING: likenesses are kept from now on. ACTIVE: the version that decides. RETIRED: a newer one does."""

    LEARNING = "LEARNING"
    ACTIVE = "ACTIVE"
    RETIRED = "RETIRED"


class Likeness(Table):
    """A source customer normalised for comparing: `fields` in the order of `hub.matching.person.Person`.

    It goes with the source record, and its keys go with it by a trigger: a foreign key of every key would be checked
    25 times a record.
    """

    __tablename__ = "likeness"
    __table_args__ = (
        ForeignKeyConstraint(
            ["system", "entity", "external_id"],
            ["source_record.system", "source_record.entity", "source_record.external_id"],
            ondelete="CASCADE",
        ),
    )

    system: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    entity: Mapped[str] = mapped_column(Computed("'customer'", persisted=True))
    fields: Mapped[list[str]]


class LikenessKey(Table):
    """Under which keys a source customer is found: records that share one are compared."""

    __tablename__ = "likeness_key"
    __table_args__ = (Index("ix_likeness_key_record", "system", "external_id"),)

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    system: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)


class LikenessWeights(Table):
    """A version of the learned weights; what it judged can be judged again. `document`: see `weights.py`."""

    __tablename__ = "likeness_weights"

    version: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    state: Mapped[str]
    learned_at: Mapped[datetime]
    records: Mapped[int]
    matches: Mapped[int]
    document: Mapped[dict[str, object]]


class LikenessFrequency(Table):
    """Of how many persons a value is, where it is more than one's."""

    __tablename__ = "likeness_frequency"

    version: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("likeness_weights.version", ondelete="CASCADE"), primary_key=True
    )
    field: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    persons: Mapped[int]
