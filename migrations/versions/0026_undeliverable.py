"""Addresses that did not take what was sent there.

Revision ID: undeliverable
Revises: leads
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "undeliverable"
down_revision = "leads"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "undeliverable_medium",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("normalised", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_undeliverable_medium"),
    )
    op.create_index("ix_undeliverable_medium_customer", "undeliverable_medium", ["customer_id", "kind", "normalised"])


def downgrade() -> None:
    op.drop_table("undeliverable_medium")
