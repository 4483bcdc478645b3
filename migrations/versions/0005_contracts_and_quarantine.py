"""Contracts of objects, drift from them, and what becomes of quarantined objects.

Revision ID: contracts_and_quarantine
Revises: owned_records
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "contracts_and_quarantine"
down_revision = "owned_records"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contract_drift",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("contract_version", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("objects", sa.BigInteger(), nullable=False),
        sa.Column("first_seen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("last_seen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("subject_key_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["subject_key_id"], ["subject_key.id"], name=op.f("fk_contract_drift_subject_key_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_drift")),
        sa.UniqueConstraint(
            "system",
            "entity",
            "contract_version",
            "path",
            "kind",
            name=op.f("uq_contract_drift_system_entity_contract_version_path_kind"),
        ),
    )
    op.add_column("quarantine", sa.Column("stamp", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("quarantine", sa.Column("fingerprint", sa.Text(), nullable=True))
    op.add_column("quarantine", sa.Column("content", sa.LargeBinary(), nullable=True))
    op.add_column("quarantine", sa.Column("corrected", sa.LargeBinary(), nullable=True))
    op.add_column("quarantine", sa.Column("corrected_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("quarantine", sa.Column("corrected_by", sa.Text(), nullable=True))
    op.add_column("quarantine", sa.Column("settled_at", postgresql.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("quarantine", sa.Column("settled_by", sa.Text(), nullable=True))
    op.add_column("quarantine", sa.Column("settled_reason", sa.Text(), nullable=True))
    op.create_index("ix_quarantine_digest", "quarantine", ["system", "entity", "digest"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_quarantine_digest", table_name="quarantine")
    op.drop_column("quarantine", "settled_reason")
    op.drop_column("quarantine", "settled_by")
    op.drop_column("quarantine", "settled_at")
    op.drop_column("quarantine", "corrected_by")
    op.drop_column("quarantine", "corrected_at")
    op.drop_column("quarantine", "corrected")
    op.drop_column("quarantine", "content")
    op.drop_column("quarantine", "fingerprint")
    op.drop_column("quarantine", "stamp")
    op.drop_table("contract_drift")
