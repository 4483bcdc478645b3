"""Migrations of a flow's cadence, their windows and their evidence.

Revision ID: cadence_migration
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "cadence_migration"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cadence_migration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("from_lane", sa.BigInteger(), nullable=False),
        sa.Column("to_lane", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("paused_from", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("preflight", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("changed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("seed_run", sa.Uuid(), nullable=True),
        sa.Column("shadow_since", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("approved_digest", sa.LargeBinary(), nullable=True),
        sa.Column("cut_over_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("incumbent_epoch", sa.Integer(), nullable=True),
        sa.Column("incumbent_cursor", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("rolled_back_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("reconciled_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("evidence_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("evidence_digest", sa.LargeBinary(), server_default=sa.text("''::bytea"), nullable=False),
        sa.ForeignKeyConstraint(["flow"], ["information_flow.name"], name=op.f("fk_cadence_migration_flow")),
        sa.ForeignKeyConstraint(["from_lane"], ["lane.id"], name=op.f("fk_cadence_migration_from_lane")),
        sa.ForeignKeyConstraint(["to_lane"], ["lane.id"], name=op.f("fk_cadence_migration_to_lane")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cadence_migration")),
    )
    op.create_index("ix_cadence_migration_created", "cadence_migration", ["created_at", "id"], unique=False)
    op.create_index(
        "uq_cadence_migration_open",
        "cadence_migration",
        ["flow"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('COMPLETED', 'ABORTED', 'ROLLED_BACK')"),
    )
    op.create_table(
        "migration_evidence",
        sa.Column("migration", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["migration"], ["cadence_migration.id"], name=op.f("fk_migration_evidence_migration")),
        sa.PrimaryKeyConstraint("migration", "seq", name=op.f("pk_migration_evidence")),
    )
    op.create_table(
        "parity_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("migration", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("audit", sa.Boolean(), nullable=False),
        sa.Column("since", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("until", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("incumbent_run", sa.Uuid(), nullable=False),
        sa.Column("opened_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("compared_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("compared", sa.BigInteger(), nullable=True),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("unexplained", sa.BigInteger(), nullable=True),
        sa.Column("unexplained_on_keys", sa.BigInteger(), nullable=True),
        sa.Column("carried", sa.BigInteger(), nullable=True),
        sa.Column("clean", sa.Boolean(), nullable=True),
        sa.Column("shared_versions", sa.BigInteger(), nullable=True),
        sa.Column("freshness_median_s", sa.Double(), nullable=True),
        sa.Column("freshness_p95_s", sa.Double(), nullable=True),
        sa.Column("lag_p95_s", sa.Double(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("examples", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["migration"], ["cadence_migration.id"], name=op.f("fk_parity_run_migration")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parity_run")),
        sa.UniqueConstraint("migration", "incumbent_run", name=op.f("uq_parity_run_migration_incumbent_run")),
        sa.UniqueConstraint("migration", "number", name=op.f("uq_parity_run_migration_number")),
    )
    op.create_index(
        "ix_parity_run_waiting",
        "parity_run",
        ["migration"],
        unique=False,
        postgresql_where=sa.text("compared_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_parity_run_waiting", table_name="parity_run", postgresql_where=sa.text("compared_at IS NULL"))
    op.drop_table("parity_run")
    op.drop_table("migration_evidence")
    op.drop_index(
        "uq_cadence_migration_open",
        table_name="cadence_migration",
        postgresql_where=sa.text("state NOT IN ('COMPLETED', 'ABORTED', 'ROLLED_BACK')"),
    )
    op.drop_index("ix_cadence_migration_created", table_name="cadence_migration")
    op.drop_table("cadence_migration")
