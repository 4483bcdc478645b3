"""Since when a bulk run makes way for real-time work.

Revision ID: giving_way
Revises: consent_sweep
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "giving_way"
down_revision = "consent_sweep"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("flow_run", sa.Column("giving_way_since", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("flow_run", "giving_way_since")
