"""Twins of lanes beside the authority, the source time of runs, lanes by another road.

Revision ID: twins
Revises: calls
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "twins"
down_revision = "calls"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shadow_record",
        sa.Column("lane_id", sa.BigInteger(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("as_of", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("stamp", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.Column("deleted_as_of", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "deleted",
            sa.Boolean(),
            sa.Computed("deleted_as_of IS NOT NULL AND deleted_as_of >= as_of", persisted=True),
            nullable=False,
        ),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mapping_version", sa.Text(), nullable=False),
        sa.Column("observed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("lane_id", "external_id", name=op.f("pk_shadow_record")),
    )
    op.create_table(
        "shadow_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lane_id", sa.BigInteger(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("as_of", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("stamp", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("observed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shadow_version")),
    )
    op.create_index("ix_shadow_version_object", "shadow_version", ["lane_id", "external_id", "as_of"], unique=False)
    op.add_column("flow_run", sa.Column("source_since", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("flow_run", sa.Column("source_until", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("lane", sa.Column("via", sa.Text(), nullable=True))
    op.add_column("lane", sa.Column("twins_since", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.drop_index(op.f("uq_quarantine_open"), table_name="quarantine", postgresql_where="(state = 'OPEN'::text)")
    op.create_index(
        "uq_quarantine_open",
        "quarantine",
        ["lane_id", "digest"],
        unique=True,
        postgresql_where=sa.text("state = 'OPEN'"),
    )


def downgrade() -> None:
    op.drop_index("uq_quarantine_open", table_name="quarantine", postgresql_where=sa.text("state = 'OPEN'"))
    op.create_index(
        op.f("uq_quarantine_open"),
        "quarantine",
        ["system", "entity", "digest"],
        unique=True,
        postgresql_where="(state = 'OPEN'::text)",
    )
    op.drop_column("lane", "twins_since")
    op.drop_column("lane", "via")
    op.drop_column("flow_run", "source_until")
    op.drop_column("flow_run", "source_since")
    op.drop_index("ix_shadow_version_object", table_name="shadow_version")
    op.drop_table("shadow_version")
    op.drop_table("shadow_record")
