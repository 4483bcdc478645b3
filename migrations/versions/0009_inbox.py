"""The headers that matter of a pushed event, and when it was settled.

Revision ID: inbox
Revises: twins
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "inbox"
down_revision = "twins"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "inbox_event",
        sa.Column("headers", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
    )
    op.add_column("inbox_event", sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_inbox_event_received", "inbox_event", ["received_at"])
    op.create_index(
        "ix_inbox_event_waiting",
        "inbox_event",
        ["system", "received_at"],
        postgresql_where=sa.text("state = 'NEW'"),
    )


def downgrade() -> None:
    op.drop_index("ix_inbox_event_waiting", table_name="inbox_event")
    op.drop_index("ix_inbox_event_received", table_name="inbox_event")
    op.drop_column("inbox_event", "settled_at")
    op.drop_column("inbox_event", "headers")
