"""Which time it is that a worker took a run on, so that one who stalled with it is refused.

Revision ID: run_attempt
Revises: audit_origin
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "run_attempt"
down_revision = "audit_origin"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("flow_run", sa.Column("attempt", sa.Integer(), nullable=False, server_default=sa.text("0")))


def downgrade() -> None:
    op.drop_column("flow_run", "attempt")
