"""How a customer wants to be addressed, when an address is his, who others are to him, which media are verified.

Revision ID: whole_view
Revises: customer_touches
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "whole_view"
down_revision = "customer_touches"
branch_labels = None
depends_on = None

_TIME = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    for name in ("tone", "preferred_channel"):
        op.add_column("customer", sa.Column(name, sa.Text(), nullable=True))
    for name in ("valid_from", "valid_to"):
        op.add_column("postal_address", sa.Column(name, _TIME, nullable=True))
    op.create_table(
        "customer_relation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("other", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("valid_from", _TIME, nullable=True),
        sa.Column("valid_to", _TIME, nullable=True),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("child_id", sa.Text(), nullable=False),
        sa.Column("as_of", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_customer_relation_customer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_relation")),
    )
    op.create_index("ix_customer_relation_customer", "customer_relation", ["customer_id"])
    op.create_table(
        "verified_medium",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("normalised", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("verified_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verified_medium")),
    )
    op.create_index("ix_verified_medium_customer", "verified_medium", ["customer_id", "kind", "normalised"])


def downgrade() -> None:
    op.drop_table("verified_medium")
    op.drop_table("customer_relation")
    for name in ("valid_from", "valid_to"):
        op.drop_column("postal_address", name)
    for name in ("tone", "preferred_channel"):
        op.drop_column("customer", name)
