"""Campaigns as the CM holds them.

Revision ID: campaigns
Revises: contact_events
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "campaigns"
down_revision = "contact_events"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaign",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text()),
        sa.Column("customer_id", sa.Uuid()),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_campaign"),
    )
    op.create_index("ix_campaign_customer", "campaign", ["customer_id", "as_of", "id"])
    op.create_index("ix_campaign_owner", "campaign", ["system", "owner"])


def downgrade() -> None:
    op.drop_table("campaign")
