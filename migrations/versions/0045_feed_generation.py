"""Which life of the database the feed's positions belong to, as far as the database cannot tell by where it lives.

Revision ID: feed_generation
Revises: run_attempt
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "feed_generation"
down_revision = "run_attempt"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "feed_tail", sa.Column("generation", sa.Uuid(), nullable=False, server_default=sa.text("gen_random_uuid()"))
    )


def downgrade() -> None:
    op.drop_column("feed_tail", "generation")
