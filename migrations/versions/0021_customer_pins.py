"""Golden fields that people decided.

Revision ID: customer_pins
Revises: privacy
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "customer_pins"
down_revision = "privacy"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "customer_pin",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("system", "external_id", "field", name=op.f("pk_customer_pin")),
    )


def downgrade() -> None:
    op.drop_table("customer_pin")
