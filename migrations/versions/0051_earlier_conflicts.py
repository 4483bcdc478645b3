"""What a conflict was before records came from another customer, so that it is that again when they leave.

Revision ID: earlier_conflicts
Revises: segments_sleep
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "earlier_conflicts"
down_revision = "segments_sleep"
branch_labels = None
depends_on = None


def upgrade() -> None:
    earlier = sa.Column("earlier", postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'::jsonb"))
    op.add_column("field_conflict", earlier)


def downgrade() -> None:
    op.drop_column("field_conflict", "earlier")
