"""How long a pushed event may be on its way, by lane.

Revision ID: lane_settle
Revises: audit_seals
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "lane_settle"
down_revision = "audit_seals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lane", sa.Column("settle_s", sa.Integer(), server_default=sa.text("60"), nullable=False))


def downgrade() -> None:
    op.drop_column("lane", "settle_s")
