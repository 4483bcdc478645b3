"""Leads that few others share a filter with are found by an index, however many leads there are.

Revision ID: rare_leads
Revises: match_reviews
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "rare_leads"
down_revision = "match_reviews"
branch_labels = None
depends_on = None

_FACTS = {"responded": "responded_at", "unreached": "unreached_since"}


def upgrade() -> None:
    given = sa.text("direction IS NOT NULL")
    op.create_index("ix_lead_handling_direction", "lead_handling", ["direction", "lead_id"], postgresql_where=given)
    for name, column in _FACTS.items():
        given = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"ix_lead_handling_{name}", "lead_handling", ["lead_id"], postgresql_where=given)


def downgrade() -> None:
    for name in ("direction", *_FACTS):
        op.drop_index(f"ix_lead_handling_{name}", "lead_handling")
