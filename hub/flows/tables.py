"""Runs of lanes, their cursors, and what could not be applied."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Computed, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.metadata import Table


class FlowRun(Table):
    """One execution of a lane. `state`: QUEUED, RUNNING, INTERRUPTED (resumes), COMPLETED, FAILED.

    `counters` maps read, created, changed, unchanged, stale, deleted, quarantined, reread, commands to counts; of an
    outbound lane collected (changes), without_effect, singly, done, refused, unknown, and in the shadow would_send.
    The hub has all that the source held at `source_since`, in the source's time, and perhaps some of what came until
    `source_until`, when the last of it was read: an interval for a complete set, an instant for changes since a cursor.
    An outbound run tells of the changes wanted after `source_since`, up to and with `source_until`.
    `giving_way_since`: real-time work is late, and the run takes small steps until it is not.
    `attempt`: how often a worker took it on; only the last one may write under it.
    """

    __tablename__ = "flow_run"
    __table_args__ = (
        UniqueConstraint("lane_id", "scheduled_for"),
        Index("ix_flow_run_lane_started", "lane_id", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    lane_id: Mapped[int] = mapped_column(ForeignKey("lane.id"))
    epoch: Mapped[int]
    scheduled_for: Mapped[datetime]
    state: Mapped[str]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    counters: Mapped[dict[str, object]] = mapped_column(server_default=text("'{}'::jsonb"))
    source_since: Mapped[datetime | None]
    source_until: Mapped[datetime | None]
    giving_way_since: Mapped[datetime | None]
    attempt: Mapped[int] = mapped_column(server_default=text("0"))
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]


class LaneCursor(Table):
    """Where a lane stands, committed with the page it belongs to. `run_id` set: that run is in the middle of it."""

    __tablename__ = "lane_cursor"

    lane_id: Mapped[int] = mapped_column(ForeignKey("lane.id"), primary_key=True)
    cursor: Mapped[dict[str, object]]
    run_id: Mapped[UUID | None]
    updated_at: Mapped[datetime]


class RunSeen(Table):
    """The ids a run over a complete set has met so far; what lives in the hub and is not here may be gone."""

    __tablename__ = "run_seen"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("flow_run.id", ondelete="CASCADE"), primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)


class ContractDrift(Table):
    """One way in which objects differ from a contract, reported once: where, how, since when and how often.

    The object that showed it first is kept as it came (`body`, encrypted for its subject); `digest` finds it in
    quarantine, if it went there. `path` and `detail` hold no personal data.
    """

    __tablename__ = "contract_drift"
    __table_args__ = (UniqueConstraint("system", "entity", "contract_version", "path", "kind"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    system: Mapped[str]
    entity: Mapped[str]
    contract_version: Mapped[str]
    path: Mapped[str]
    kind: Mapped[str]
    policy: Mapped[str]
    detail: Mapped[str]
    objects: Mapped[int] = mapped_column(BigInteger)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    external_id: Mapped[str]
    subject_key_id: Mapped[UUID | None] = mapped_column(ForeignKey("subject_key.id"))
    body: Mapped[bytes | None]
    digest: Mapped[bytes]


class Quarantine(Table):
    """What could not be applied, with its original bytes (encrypted); `reason` and `path` hold no personal data.

    `content` is the object in JSON where the original bytes are not that, `corrected` what a person made of it; both
    are encrypted like `body`. `state`: OPEN, REPLAYED (applied after all), SUPERSEDED (a later content of the object
    made it irrelevant), DISCARDED (a person gave it up); `settled_...` tell who and why. `body` is empty once what a
    closed one held is forgotten.
    """

    __tablename__ = "quarantine"
    __table_args__ = (
        Index("ix_quarantine_object", "system", "entity", "external_id"),
        Index("ix_quarantine_digest", "digest"),
        Index("uq_quarantine_open", "lane_id", "digest", unique=True, postgresql_where=text("state = 'OPEN'")),
        Index("ix_quarantine_closed", "at", postgresql_where=text("state <> 'OPEN' AND body <> ''")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lane_id: Mapped[int] = mapped_column(BigInteger)
    run_id: Mapped[UUID | None]
    system: Mapped[str]
    entity: Mapped[str]
    external_id: Mapped[str | None]
    place: Mapped[str | None]
    code: Mapped[str]
    path: Mapped[str]
    reason: Mapped[str]
    subject_key_id: Mapped[UUID] = mapped_column(ForeignKey("subject_key.id"))
    body: Mapped[bytes]
    digest: Mapped[bytes]
    as_of: Mapped[datetime | None]
    stamp: Mapped[datetime | None]
    fingerprint: Mapped[str | None]
    content: Mapped[bytes | None]
    corrected: Mapped[bytes | None]
    corrected_at: Mapped[datetime | None]
    corrected_by: Mapped[str | None]
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(server_default=text("'OPEN'"))
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]
    settled_reason: Mapped[str | None]


class ShadowRecord(Table):
    """The twin of a source record: the last image that came by a lane which does not count, under the same guard.

    In the clear like `source_record`, and gone when the migration ends (docs/decisions/0011).
    """

    __tablename__ = "shadow_record"

    lane_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
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


class ShadowVersion(Table):
    """One content or tombstone of a twin, as it was accepted: what the lane held at any time can be told from them."""

    __tablename__ = "shadow_version"
    __table_args__ = (Index("ix_shadow_version_object", "lane_id", "external_id", "as_of"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    lane_id: Mapped[int] = mapped_column(BigInteger)
    external_id: Mapped[str]
    as_of: Mapped[datetime]
    stamp: Mapped[datetime | None]
    observed_at: Mapped[datetime]
    digest: Mapped[bytes]
    document: Mapped[dict[str, object] | None]
    deleted: Mapped[bool]
