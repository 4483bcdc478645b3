"""Leads whom no channel reached go out anew: a channel may serve a lead again once what it did before has failed.

Revision ID: unreached_leads
Revises: whole_view
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "unreached_leads"
down_revision = "whole_view"
branch_labels = None
depends_on = None

_LIVING = "state IN ('PLANNED', 'CLAIMED', 'SENDING', 'SENT', 'UNKNOWN')"


def upgrade() -> None:
    op.add_column("lead_handling", sa.Column("unreached_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("lead_handling", sa.Column("unreached_reason", sa.Text(), nullable=True))
    op.create_index(
        "uq_lead_delivery_living",
        "lead_delivery",
        ["lead_id", "channel"],
        unique=True,
        postgresql_where=sa.text(_LIVING),
    )
    op.create_index("ix_lead_delivery_lead", "lead_delivery", ["lead_id", "channel"])
    op.create_index(
        "ix_lead_delivery_sent", "lead_delivery", ["sent_at"], postgresql_where=sa.text("sent_at IS NOT NULL")
    )
    op.drop_constraint("uq_lead_delivery_lead_id_channel", "lead_delivery")
    # Those that failed before there was a second look get it now; the planner knows whom nobody has to reach any more.
    op.execute(
        f"""UPDATE lead_plan p SET look_at = now() WHERE p.look_at IS NULL
              AND NOT EXISTS (SELECT FROM lead_delivery d WHERE d.lead_id = p.lead_id AND {_LIVING})"""  # noqa: S608  a constant condition
    )


def downgrade() -> None:
    op.execute(
        """DELETE FROM lead_delivery d USING lead_delivery later
           WHERE later.lead_id = d.lead_id AND later.channel = d.channel
             AND (later.created_at, later.id) > (d.created_at, d.id)"""
    )
    op.create_unique_constraint("uq_lead_delivery_lead_id_channel", "lead_delivery", ["lead_id", "channel"])
    op.drop_index("ix_lead_delivery_sent", "lead_delivery")
    op.drop_index("ix_lead_delivery_lead", "lead_delivery")
    op.drop_index("uq_lead_delivery_living", "lead_delivery")
    op.drop_column("lead_handling", "unreached_reason")
    op.drop_column("lead_handling", "unreached_since")
