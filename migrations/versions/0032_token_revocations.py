"""Tokens that were ended before their time, and what callers ask of all processes.

Revision ID: token_revocations
Revises: steering_ranges
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "token_revocations"
down_revision = "steering_ranges"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "token_revocation",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("token_id", sa.Text()),
        sa.Column("subject", sa.Text()),
        sa.Column("issued_before", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.Text()),
        sa.Column("revoked_by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_token_revocation"),
        sa.CheckConstraint(
            "(token_id IS NULL) <> (subject IS NULL) AND (subject IS NULL) = (issued_before IS NULL)",
            name="ck_token_revocation_names_one",
        ),
    )
    op.create_table(
        "caller_usage",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_caller_usage"),
        prefixes=["UNLOGGED"],
    )


def downgrade() -> None:
    op.drop_table("caller_usage")
    op.drop_table("token_revocation")
