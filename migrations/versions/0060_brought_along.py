"""Whose records a merge brought along, whose no is as good as one of those who were merged.

Revision ID: brought_along
Revises: lead_campaign
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "brought_along"
down_revision = "lead_campaign"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "steward_act_record", sa.Column("along", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )


def downgrade() -> None:
    op.execute("DELETE FROM steward_act_record WHERE along")
    op.drop_column("steward_act_record", "along")
