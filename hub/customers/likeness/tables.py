"""What probable recognition needs to know of every source customer, and what it learned."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Computed, ForeignKey, ForeignKeyConstraint, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.metadata import Table


class WeightsState(StrEnum):
    """LEARNING: likenesses are kept from now on. PROPOSED: learned, and nothing follows from it. ACTIVE: the version
    that decides. RETIRED: another one does."""

    LEARNING = "LEARNING"
    PROPOSED = "PROPOSED"
    ACTIVE = "ACTIVE"
    RETIRED = "RETIRED"


class Likeness(Table):
    """A source customer normalised for comparing: `fields` in the order of `hub.matching.person.Person`.

    It goes with the source record, and its keys go with it by a trigger: a foreign key of every key would be checked
    25 times a record. `judged_by` is the version of the weights by which its links were found, 0 for none yet.
    """

    __tablename__ = "likeness"
    __table_args__ = (
        ForeignKeyConstraint(
            ["system", "entity", "external_id"],
            ["source_record.system", "source_record.entity", "source_record.external_id"],
            ondelete="CASCADE",
        ),
        Index("ix_likeness_judged_by", "judged_by"),
    )

    system: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    entity: Mapped[str] = mapped_column(Computed("'customer'", persisted=True))
    fields: Mapped[list[str]]
    judged_by: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


def _of_two_likenesses() -> Iterator[ForeignKeyConstraint]:
    """A pair goes with either of its records."""
    for side in "ab":
        columns = [f"system_{side}", f"external_id_{side}"]
        yield ForeignKeyConstraint(columns, ["likeness.system", "likeness.external_id"], ondelete="CASCADE")


class LikenessLink(Table):
    """Two records of different systems in the match band, the smaller one first; `bits` are the log2 of the odds."""

    __tablename__ = "likeness_link"
    __table_args__ = (
        *_of_two_likenesses(),
        Index("ix_likeness_link_b", "system_b", "external_id_b"),
    )

    system_a: Mapped[str] = mapped_column(primary_key=True)
    external_id_a: Mapped[str] = mapped_column(primary_key=True)
    system_b: Mapped[str] = mapped_column(primary_key=True)
    external_id_b: Mapped[str] = mapped_column(primary_key=True)
    bits: Mapped[float]


class LikenessCase(Table):
    """Two records that may be one person and did not link by themselves: a steward's to review, the smaller one first.

    `bits` as of a link. A row may outlive its reason: who reads it asks whose the two records are by now.
    """

    __tablename__ = "likeness_case"
    __table_args__ = (
        *_of_two_likenesses(),
        Index("ix_likeness_case_b", "system_b", "external_id_b"),
        Index("ix_likeness_case_bits", "bits", "system_a", "external_id_a", "system_b", "external_id_b"),
    )

    system_a: Mapped[str] = mapped_column(primary_key=True)
    external_id_a: Mapped[str] = mapped_column(primary_key=True)
    system_b: Mapped[str] = mapped_column(primary_key=True)
    external_id_b: Mapped[str] = mapped_column(primary_key=True)
    bits: Mapped[float]
    found_at: Mapped[datetime]


class LikenessUnion(Table):
    """The records of those who became one customer by likeness `at` a time; `former_id` is whose each was until then.

    It holds while records of at least two of them are one customer's.
    """

    __tablename__ = "likeness_union"
    __table_args__ = (Index("ix_likeness_union_record", "system", "external_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    former_id: Mapped[UUID]
    system: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)


class LikenessCrowd(Table):
    """A key that has been too many people's; it links nobody until other weights decide."""

    __tablename__ = "likeness_crowd"

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class LikenessKey(Table):
    """Under which keys a source customer is found: records that share one are compared."""

    __tablename__ = "likeness_key"
    __table_args__ = (Index("ix_likeness_key_record", "system", "external_id"),)

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    system: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)


class LikenessWeights(Table):
    """A version of the learned weights; what it judged can be judged again. `document`: see `weights.py`.

    `links_from`: the probability from which on links were found by it, None before the first; `reviews_from`: cases.
    """

    __tablename__ = "likeness_weights"

    version: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    state: Mapped[str]
    learned_at: Mapped[datetime]
    records: Mapped[int]
    matches: Mapped[int]
    document: Mapped[dict[str, object]]
    links_from: Mapped[float | None]
    reviews_from: Mapped[float | None]


class LikenessFrequency(Table):
    """Of how many persons a value is, where it is more than one's."""

    __tablename__ = "likeness_frequency"

    version: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("likeness_weights.version", ondelete="CASCADE"), primary_key=True
    )
    field: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    persons: Mapped[int]
