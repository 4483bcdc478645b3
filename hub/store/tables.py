"""What each system last said, every version of it, the ledger of accepted changes, data keys and the audit trail."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Computed, ForeignKey, Identity, Index, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.metadata import Table


class SubjectKey(Table):
    """The data key of one person *as one system knows them*; independent of recognition, so a merge moves no data.

    `wrapped` is the key under the master key. Erasure sets it to NULL: every version under it is then unreadable.
    """

    __tablename__ = "subject_key"
    __table_args__ = (UniqueConstraint("system", "subject"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    system: Mapped[str]
    subject: Mapped[str]
    wrapped: Mapped[bytes | None]
    created_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


class SourceRecord(Table):
    """The last image a system gave of one object: current truth per source, from which everything golden follows.

    The greatest (as_of, digest) wins and the latest tombstone is kept beside it, so any order of arrival ends in the
    same row. `document` is the last canonical content in the clear, also of a deleted object (NULL when only a
    tombstone was ever seen, or that was long ago); `owner` the customer's external id in the same system; `version`
    counts contents.
    """

    __tablename__ = "source_record"
    # Partial, so that no look-up of a customer by its key is ever planned along the owner instead.
    __table_args__ = (
        Index("ix_source_record_owner", "system", "owner", "entity", postgresql_where=text("owner IS NOT NULL")),
        Index(
            "ix_source_record_deleted",
            "deleted_as_of",
            postgresql_where=text("deleted AND document IS NOT NULL AND entity <> 'customer'"),
        ),
    )

    system: Mapped[str] = mapped_column(primary_key=True)
    entity: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    as_of: Mapped[datetime]
    stamp: Mapped[datetime | None]
    fingerprint: Mapped[str | None]
    deleted_as_of: Mapped[datetime | None]
    deleted: Mapped[bool] = mapped_column(
        Computed("deleted_as_of IS NOT NULL AND deleted_as_of >= as_of", persisted=True)
    )
    digest: Mapped[bytes]
    document: Mapped[dict[str, object] | None]
    owner: Mapped[str | None]
    version: Mapped[int]
    mapping_version: Mapped[str]
    observed_at: Mapped[datetime]


class DocumentVersion(Table):
    """One accepted content of one source object: canonical JSON, encrypted with the subject's key.

    `original` is what it was mapped from, packed and under the same key; NULL where none is kept.
    """

    __tablename__ = "document_version"
    __table_args__ = (
        UniqueConstraint("system", "entity", "external_id", "version"),
        # What somebody had once: things change hands, and of a customer's own versions the key above finds them.
        Index("ix_document_version_belonging", "subject_key_id", postgresql_where=text("entity <> 'customer'")),
        Index("ix_document_version_observed_at", "observed_at", postgresql_using="brin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    system: Mapped[str]
    entity: Mapped[str]
    external_id: Mapped[str]
    version: Mapped[int]
    as_of: Mapped[datetime]
    observed_at: Mapped[datetime]
    subject_key_id: Mapped[UUID] = mapped_column(ForeignKey("subject_key.id"))
    body: Mapped[bytes | None]
    digest: Mapped[bytes]
    original: Mapped[bytes | None]


class ChangeLedger(Table):
    """One row per accepted change, without personal data: `digest` is keyed, so it proves and does not reveal.

    `effective_at` is the source's time of the change, `observed_at` the hub's time of seeing it.
    """

    __tablename__ = "change_ledger"
    __table_args__ = (Index("ix_change_ledger_object", "system", "entity", "external_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    system: Mapped[str]
    entity: Mapped[str]
    external_id: Mapped[str]
    version: Mapped[int]
    lane_id: Mapped[int | None] = mapped_column(BigInteger)
    run_id: Mapped[UUID | None]
    mapping_version: Mapped[str]
    effective_at: Mapped[datetime]
    observed_at: Mapped[datetime]
    digest: Mapped[bytes]


class AuditEvent(Table):
    """Who did or saw what: a deed in its own transaction, a read soon after it, sealed into the digest chain later.

    Several customers whom one answer showed are one event: `customers` has them all, `object_type` is Customers and
    `object_id` the field that showed them. Of a deed about several, `detail` lists their ids under `customers`.
    `address` is the caller's, `purpose` the code he gave, `session` the contact within which he did it and `channel`
    that contact's. `seal` numbers the seal it stands under and `digest` is keyed; both are NULL until then and never
    change again.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_object", "object_type", "object_id"),
        Index("ix_audit_event_seal", "seal", "id"),
        Index("ix_audit_event_at", "at", "id"),
        Index("ix_audit_event_principal", "principal", "at", "id"),
        Index(
            "ix_audit_event_customers",
            text("(detail -> 'customers')"),
            postgresql_using="gin",
            postgresql_where=text("detail ? 'customers'"),
        ),
        Index(
            "ix_audit_event_shown",
            "customers",
            postgresql_using="gin",
            postgresql_where=text("customers IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime]
    principal: Mapped[str]
    action: Mapped[str]
    object_type: Mapped[str]
    object_id: Mapped[str]
    outcome: Mapped[str]
    request_id: Mapped[str | None]
    detail: Mapped[dict[str, object]] = mapped_column(server_default=text("'{}'::jsonb"))
    address: Mapped[str | None]
    purpose: Mapped[str | None]
    session: Mapped[UUID | None]
    channel: Mapped[str | None]
    customers: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    seal: Mapped[int | None] = mapped_column(BigInteger)
    digest: Mapped[bytes | None]


class AuditSeal(Table):
    """One link of the chain over the audit trail: `digest` covers the seal before it and the digests of its events.

    `number` counts 1, 2, 3 without a gap; `events` says how many stand under it. `forgotten` is the proof that these
    were deleted for their age, NULL while they are there.
    """

    __tablename__ = "audit_seal"
    __table_args__ = (Index("ix_audit_seal_held", "number", postgresql_where=text("forgotten IS NULL")),)

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    events: Mapped[int]
    digest: Mapped[bytes]
    forgotten: Mapped[bytes | None]
