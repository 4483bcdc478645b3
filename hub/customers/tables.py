"""The golden record: a projection of the current source records, rebuilt whenever one of them changes."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.metadata import Table


class Customer(Table):
    """The golden record of a person or organisation.

    `deleted` is true when every source record behind it is deleted: the customer is marked, never lost. `version`
    grows by one per change of the golden values; `digest` covers them, so an echo is seen to change nothing.
    `lifetime_value` is an amount and its currency in one text (`1250.5 EUR`).
    `search` is the lower-cased name for ordering and prefix look-up.
    """

    __tablename__ = "customer"
    __table_args__ = (
        Index("ix_customer_search", "search", "id"),
        Index("ix_customer_updated_at", "updated_at", "id"),
        Index("ix_customer_customer_number", "customer_number"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str | None]
    given_name: Mapped[str | None]
    family_name: Mapped[str | None]
    birth_date: Mapped[date | None]
    language: Mapped[str | None]
    status: Mapped[str | None]
    customer_number: Mapped[str | None]
    tone: Mapped[str | None]
    preferred_channel: Mapped[str | None]
    value_class: Mapped[str | None]
    lifetime_value: Mapped[str | None]
    search: Mapped[str]
    deleted: Mapped[bool] = mapped_column(server_default=text("false"))
    version: Mapped[int]
    digest: Mapped[bytes]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class CustomerIdentifier(Table):
    """The crosswalk: which golden customer a system's customer is; also the owner look-up of belongings.

    `home_of` is the customer id that was made for this record, at most one per record and one record per id, merged
    ids included: whoever has the record is whom the id stands for.
    """

    __tablename__ = "customer_identifier"
    __table_args__ = (Index("ix_customer_identifier_customer", "customer_id"),)

    system: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    home_of: Mapped[UUID | None]
    since: Mapped[datetime]


class CustomerAlias(Table):
    """A customer id that no longer stands for itself and the one that it resolves to."""

    __tablename__ = "customer_alias"
    __table_args__ = (Index("ix_customer_alias_current", "current_id"),)

    alias_id: Mapped[UUID] = mapped_column(primary_key=True)
    current_id: Mapped[UUID]
    since: Mapped[datetime]


class MovedRow(Table):
    """One of the hub's own rows that went along when its customer became one with another.

    `former_id` is the customer id that the row was made for, `customer_id` who has it since `at` or later; the note
    counts as long as he has it. `key` is the text of the row's primary key.
    """

    __tablename__ = "moved_row"
    __table_args__ = (Index("ix_moved_row_customer", "customer_id"),)

    table_name: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    former_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    at: Mapped[datetime]


class Identifier(Table):
    """A value that may recognise somebody; its row lock serialises the recognition of all who carry it."""

    __tablename__ = "identifier"
    __table_args__ = ({"postgresql_with": {"fillfactor": "70"}},)

    kind: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    touched: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class SourceIdentifier(Table):
    """Who carries which identifier, per source record: the input of recognition."""

    __tablename__ = "source_identifier"
    __table_args__ = (Index("ix_source_identifier_value", "kind", "value"),)

    system: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)


class StewardDecision(Table):
    """A person's word on two source records: SAME or DIFFERENT people. It outranks every identifier, for ever.

    Stored once per pair, the smaller (system, external_id) first. `beneath` is [[verdict, principal, decidedAt], ...]:
    the words that this one was written over, oldest first, of which the last counts again once this one is unsaid.
    """

    __tablename__ = "steward_decision"
    __table_args__ = (Index("ix_steward_decision_b", "system_b", "external_id_b"),)

    system_a: Mapped[str] = mapped_column(primary_key=True)
    external_id_a: Mapped[str] = mapped_column(primary_key=True)
    system_b: Mapped[str] = mapped_column(primary_key=True)
    external_id_b: Mapped[str] = mapped_column(primary_key=True)
    verdict: Mapped[str]
    principal: Mapped[str]
    decided_at: Mapped[datetime]
    beneath: Mapped[list[object]] = mapped_column(server_default=text("'[]'::jsonb"))


class Correction(Table):
    """A value the hub was told and the source does not have yet: laid over the source image, three-way.

    It counts while the source still holds `old`; once the source holds anything else the source is right.
    `state`: OPEN, CONVERGED (the source has `new`), OVERRULED (the source moved to a third value).
    """

    __tablename__ = "correction"
    __table_args__ = (Index("ix_correction_object", "system", "entity", "external_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    system: Mapped[str]
    entity: Mapped[str]
    external_id: Mapped[str]
    path: Mapped[list[str]]
    old: Mapped[str | None]
    new: Mapped[str | None]
    principal: Mapped[str]
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(server_default=text("'OPEN'"))


class ContactMedium(Table):
    """A way to reach the customer, once per normalised value, with the source that won it."""

    __tablename__ = "contact_medium"
    __table_args__ = (
        UniqueConstraint("customer_id", "kind", "normalised"),
        Index("ix_contact_medium_normalised", "kind", "normalised"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"))
    kind: Mapped[str]
    value: Mapped[str]
    normalised: Mapped[str]
    label: Mapped[str | None]
    preferred: Mapped[bool]
    valid_from: Mapped[datetime | None]
    valid_to: Mapped[datetime | None]
    system: Mapped[str]
    external_id: Mapped[str]
    child_id: Mapped[str]
    as_of: Mapped[datetime]


class PostalAddress(Table):
    """A postal address of the customer, once per normalised content."""

    __tablename__ = "postal_address"
    __table_args__ = (Index("ix_postal_address_customer", "customer_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"))
    street: Mapped[str | None]
    house_number: Mapped[str | None]
    unit: Mapped[str | None]
    postal_code: Mapped[str | None]
    locality: Mapped[str | None]
    region: Mapped[str | None]
    country: Mapped[str | None]
    label: Mapped[str | None]
    preferred: Mapped[bool]
    valid_from: Mapped[datetime | None]
    valid_to: Mapped[datetime | None]
    system: Mapped[str]
    external_id: Mapped[str]
    child_id: Mapped[str]
    as_of: Mapped[datetime]


class CustomerRelation(Table):
    """What another customer is to this one, as one system says; `other` is his external id in that system."""

    __tablename__ = "customer_relation"
    __table_args__ = (Index("ix_customer_relation_customer", "customer_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"))
    kind: Mapped[str]
    other: Mapped[str]
    label: Mapped[str | None]
    valid_from: Mapped[datetime | None]
    valid_to: Mapped[datetime | None]
    system: Mapped[str]
    external_id: Mapped[str]
    child_id: Mapped[str]
    as_of: Mapped[datetime]


class CustomerProvenance(Table):
    """Where each golden field came from: `fields` maps a field to {system, externalId, rule}."""

    __tablename__ = "customer_provenance"

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True)
    fields: Mapped[dict[str, object]]


class CustomerSegment(Table):
    """A segment the customer is in, and the system that says so.

    The rows of a customer who was merged away sleep until he is split off again.
    """

    __tablename__ = "customer_segment"

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    segment: Mapped[str] = mapped_column(primary_key=True)
    system: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]


class CustomerHistory(Table):
    """One row per new version of a golden customer, with the digest of its values."""

    __tablename__ = "customer_history"
    __table_args__ = (
        Index("ix_customer_history_customer", "customer_id", "version"),
        Index("ix_customer_history_at", "at", postgresql_using="brin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    customer_id: Mapped[UUID]
    version: Mapped[int]
    at: Mapped[datetime]
    digest: Mapped[bytes]
