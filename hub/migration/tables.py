"""Migrations, the windows that were compared, and the evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.metadata import Table

OPEN: Final = "state NOT IN ('COMPLETED', 'ABORTED', 'ROLLED_BACK')"
"""Condition over a migration that still has something to do; of each flow at most one."""


class CadenceMigration(Table):
    """The controlled change of a flow's cadence. `settings` are the MigrationRules in force when it was planned.

    `evidence_count` and `evidence_digest` are the head of its evidence, so that a cut-off end shows. `approved_digest`
    is the head that the approver was shown. `incumbent_epoch` is the epoch that the cut-over ended, `incumbent_cursor`
    where the old lane stood then. `preflight` holds the last findings and forecast; `problem` says why it waits.
    """

    __tablename__ = "cadence_migration"
    __table_args__ = (
        Index("uq_cadence_migration_open", "flow", unique=True, postgresql_where=text(OPEN)),
        Index("ix_cadence_migration_created", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    flow: Mapped[str] = mapped_column(ForeignKey("information_flow.name"))
    from_lane: Mapped[int] = mapped_column(ForeignKey("lane.id"))
    to_lane: Mapped[int] = mapped_column(ForeignKey("lane.id"))
    state: Mapped[str]
    paused_from: Mapped[str | None]
    problem: Mapped[str | None]
    settings: Mapped[dict[str, object]]
    preflight: Mapped[dict[str, object] | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    seed_run: Mapped[UUID | None]
    shadow_since: Mapped[datetime | None]
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    approved_digest: Mapped[bytes | None]
    cut_over_at: Mapped[datetime | None]
    incumbent_epoch: Mapped[int | None]
    incumbent_cursor: Mapped[dict[str, object] | None]
    rolled_back_at: Mapped[datetime | None]
    reconciled_at: Mapped[datetime | None]
    evidence_count: Mapped[int] = mapped_column(server_default=text("0"))
    evidence_digest: Mapped[bytes] = mapped_column(server_default=text("''::bytea"))


class ParityRun(Table):
    """One window: a run of the lane that is compared, and what the comparison showed (NULL until then).

    `audit` windows come after the cut-over and compare the old lane, as auditor, with what is live. `clean` holds the
    rules' answer. `counts` lists {kind, verdict, count}, `examples` the first differences by external id, `details`
    what the comparison adds; none of them holds a value. `carried` counts what moved on and is looked at again.
    """

    __tablename__ = "parity_run"
    __table_args__ = (
        UniqueConstraint("migration", "number"),
        UniqueConstraint("migration", "incumbent_run"),
        Index("ix_parity_run_waiting", "migration", postgresql_where=text("compared_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    migration: Mapped[UUID] = mapped_column(ForeignKey("cadence_migration.id"))
    number: Mapped[int]
    audit: Mapped[bool]
    since: Mapped[datetime]
    until: Mapped[datetime]
    incumbent_run: Mapped[UUID]
    opened_at: Mapped[datetime]
    compared_at: Mapped[datetime | None]
    compared: Mapped[int | None] = mapped_column(BigInteger)
    counts: Mapped[list[object] | None]
    unexplained: Mapped[int | None] = mapped_column(BigInteger)
    unexplained_on_keys: Mapped[int | None] = mapped_column(BigInteger)
    carried: Mapped[int | None] = mapped_column(BigInteger)
    clean: Mapped[bool | None]
    shared_versions: Mapped[int | None] = mapped_column(BigInteger)
    freshness_median_s: Mapped[float | None]
    freshness_p95_s: Mapped[float | None]
    lag_p95_s: Mapped[float | None]
    details: Mapped[dict[str, object] | None]
    examples: Mapped[list[object] | None]


class MigrationEvidence(Table):
    """What was decided on, append-only. `digest` is SHA-256 over the row's own content and the `previous` digest.

    `body` is canonical JSON of ids, classes, field paths and counts, without personal data.
    """

    __tablename__ = "migration_evidence"

    migration: Mapped[UUID] = mapped_column(ForeignKey("cadence_migration.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    at: Mapped[datetime]
    body: Mapped[dict[str, object]]
    previous: Mapped[bytes]
    digest: Mapped[bytes]
