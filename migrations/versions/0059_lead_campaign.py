"""A lead's campaign stands where leads are sorted, so that those of a rare one are found by an index as well.

Revision ID: lead_campaign
Revises: effects_of_acts
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "lead_campaign"
down_revision = "effects_of_acts"
branch_labels = None
depends_on = None

_MOVED = "UPDATE {to} SET campaign = {of}.campaign FROM {of} WHERE {key} AND {of}.campaign IS NOT NULL"
_KEY = "lead_handling.lead_id = sales_lead.id"


def upgrade() -> None:
    op.add_column("sales_lead", sa.Column("campaign", sa.Text(), nullable=True))
    op.execute(_MOVED.format(to="sales_lead", of="lead_handling", key=_KEY))
    given = sa.text("campaign IS NOT NULL")
    op.create_index("ix_sales_lead_campaign", "sales_lead", ["campaign", "as_of", "id"], postgresql_where=given)
    op.drop_column("lead_handling", "campaign")


def downgrade() -> None:
    op.add_column("lead_handling", sa.Column("campaign", sa.Text(), nullable=True))
    op.execute(_MOVED.format(to="lead_handling", of="sales_lead", key=_KEY))
    op.drop_column("sales_lead", "campaign")
