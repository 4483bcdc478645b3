"""Which lead an entry of the contact history is about.

Revision ID: timeline_leads
Revises: consent_gates
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "timeline_leads"
down_revision = "consent_gates"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("timeline_entry", sa.Column("lead_id", sa.Uuid(), nullable=True))
    # The words of an entry about a lead of the hub's begin with its number.
    op.execute(
        """UPDATE timeline_entry t SET lead_id = l.id FROM sales_lead l
           WHERE t.kind IN ('LEAD_OPENED', 'LEAD_ANSWERED', 'LEAD_CHANGED') AND l.system = 'hub'
             AND l.number = split_part(t.subject, ' ', 1) AND l.customer_id = t.customer_id"""
    )


def downgrade() -> None:
    op.drop_column("timeline_entry", "lead_id")
