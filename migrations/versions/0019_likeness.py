"""Likenesses of source customers, and the weights learned from them.

Revision ID: likeness
Revises: forgetting
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "likeness"
down_revision = "forgetting"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "likeness",
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("system", "external_id", name=op.f("pk_likeness")),
    )
    op.create_table(
        "likeness_key",
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", "system", "external_id", name=op.f("pk_likeness_key")),
    )
    op.create_index("ix_likeness_key_record", "likeness_key", ["system", "external_id"], unique=False)
    op.create_table(
        "likeness_weights",
        sa.Column("version", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("learned_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("matches", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_likeness_weights")),
    )
    op.create_table(
        "likeness_frequency",
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version"],
            ["likeness_weights.version"],
            name=op.f("fk_likeness_frequency_version_likeness_weights"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version", "field", "value", name=op.f("pk_likeness_frequency")),
    )


def downgrade() -> None:
    op.drop_table("likeness_frequency")
    op.drop_table("likeness_weights")
    op.drop_index("ix_likeness_key_record", table_name="likeness_key")
    op.drop_table("likeness_key")
    op.drop_table("likeness")
