"""Contact events know the segment they are learned for and whether they are counted; decisions are numbered.

Revision ID: contact_events
Revises: likeness_follows
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "contact_events"
down_revision = "likeness_follows"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contact_event", sa.Column("segment", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("contact_event", sa.Column("counted", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("decision", sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False))
    op.create_index(
        "ix_contact_event_uncounted", "contact_event", ["recorded_at"], postgresql_where=sa.text("NOT counted")
    )


def downgrade() -> None:
    op.drop_index("ix_contact_event_uncounted", table_name="contact_event")
    op.drop_column("decision", "number")
    op.drop_column("contact_event", "counted")
    op.drop_column("contact_event", "segment")
