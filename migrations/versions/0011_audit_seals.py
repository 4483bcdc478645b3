"""Seals over the audit trail.

Revision ID: audit_seals
Revises: quarantine_digest
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "audit_seals"
down_revision = "quarantine_digest"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_seal",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_seal")),
    )
    op.add_column("audit_event", sa.Column("seal", sa.BigInteger(), nullable=True))
    op.add_column("audit_event", sa.Column("digest", sa.LargeBinary(), nullable=True))
    op.create_index("ix_audit_event_seal", "audit_event", ["seal", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_audit_event_seal", table_name="audit_event")
    op.drop_column("audit_event", "digest")
    op.drop_column("audit_event", "seal")
    op.drop_table("audit_seal")
