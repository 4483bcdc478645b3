"""From where, why and within which contact somebody looked or changed; events from before have none of it.

Revision ID: audit_origin
Revises: retention
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "audit_origin"
down_revision = "retention"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit_event", sa.Column("address", sa.Text(), nullable=True))
    op.add_column("audit_event", sa.Column("purpose", sa.Text(), nullable=True))
    op.add_column("audit_event", sa.Column("session", sa.Uuid(), nullable=True))
    op.add_column("audit_event", sa.Column("channel", sa.Text(), nullable=True))
    op.create_index("ix_audit_event_at", "audit_event", ["at"], unique=False, postgresql_using="brin")


def downgrade() -> None:
    op.drop_index("ix_audit_event_at", table_name="audit_event", postgresql_using="brin")
    for column in ("channel", "session", "purpose", "address"):
        op.drop_column("audit_event", column)
