"""The audit trail is asked by time, by who did it and by customer, also where an event is about several of them.

Revision ID: audit_asked
Revises: feed_generation
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "audit_asked"
down_revision = "feed_generation"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_audit_event_at", table_name="audit_event", postgresql_using="brin")
    op.create_index("ix_audit_event_at", "audit_event", ["at", "id"])
    op.create_index("ix_audit_event_principal", "audit_event", ["principal", "at", "id"])
    op.create_index(
        "ix_audit_event_customers",
        "audit_event",
        [sa.text("(detail -> 'customers')")],
        postgresql_using="gin",
        postgresql_where=sa.text("detail ? 'customers'"),
    )


def downgrade() -> None:
    op.drop_index("ix_audit_event_customers", table_name="audit_event", postgresql_using="gin")
    op.drop_index("ix_audit_event_principal", table_name="audit_event")
    op.drop_index("ix_audit_event_at", table_name="audit_event")
    op.create_index("ix_audit_event_at", "audit_event", ["at"], unique=False, postgresql_using="brin")
