"""Conflicts of sources as rows.

Revision ID: field_conflicts
Revises: undeliverable
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "field_conflicts"
down_revision = "undeliverable"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "field_conflict",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("contested", sa.Boolean(), nullable=False),
        sa.Column("base", sa.Text(), nullable=True),
        sa.Column("kept", sa.Text(), nullable=True),
        sa.Column("sides", postgresql.JSONB(), nullable=False),
        sa.Column("turns", postgresql.JSONB(), nullable=False),
        sa.Column("decided", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("opened_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("closed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_conflict")),
        sa.UniqueConstraint("customer_id", "field", name=op.f("uq_field_conflict_customer_id_field")),
    )
    op.create_index("ix_field_conflict_opened_at", "field_conflict", ["opened_at", "id"])


def downgrade() -> None:
    op.drop_table("field_conflict")
