"""What was said of two records before a steward's word was written over it, so that it counts again once that is unsaid.

Revision ID: words_beneath
Revises: recognised_by
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "words_beneath"
down_revision = "recognised_by"
branch_labels = None
depends_on = None


def upgrade() -> None:
    none = sa.text("'[]'::jsonb")
    op.add_column("steward_decision", sa.Column("beneath", postgresql.JSONB(), nullable=False, server_default=none))


def downgrade() -> None:
    op.drop_column("steward_decision", "beneath")
