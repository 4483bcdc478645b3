"""How far a flow's customers have been held to its consent, out of the flow's row: who works on that row waits for pages.

Revision ID: consent_sweep
Revises: timeline_leads
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "consent_sweep"
down_revision = "timeline_leads"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consent_sweep",
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("after", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("flow", name=op.f("pk_consent_sweep")),
    )
    op.execute(
        """INSERT INTO consent_sweep (flow, after)
           SELECT name, consent_sweep FROM information_flow WHERE consent_sweep IS NOT NULL"""
    )
    op.drop_column("information_flow", "consent_sweep")


def downgrade() -> None:
    op.add_column("information_flow", sa.Column("consent_sweep", sa.Uuid(), nullable=True))
    op.execute("UPDATE information_flow f SET consent_sweep = s.after FROM consent_sweep s WHERE s.flow = f.name")
    op.drop_table("consent_sweep")
