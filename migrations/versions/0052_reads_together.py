"""All customers whom one answer showed stand in one event of the audit trail, and are found in it by an index.

Revision ID: reads_together
Revises: earlier_conflicts
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "reads_together"
down_revision = "earlier_conflicts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit_event", sa.Column("customers", sa.ARRAY(sa.Uuid()), nullable=True))
    op.create_index(
        "ix_audit_event_shown",
        "audit_event",
        ["customers"],
        postgresql_using="gin",
        postgresql_where=sa.text("customers IS NOT NULL"),
    )


def downgrade() -> None:
    """Whom an answer showed becomes an event for each again; one of several that is sealed already verifies no more."""
    op.execute(
        """INSERT INTO audit_event (at, principal, action, object_type, object_id, outcome, request_id, detail, address,
             purpose, session, channel)
           SELECT at, principal, action, 'Customer', CAST(c AS text), outcome, request_id, detail, address, purpose,
             session, channel FROM audit_event CROSS JOIN LATERAL unnest(customers) AS c"""
    )
    op.drop_index("ix_audit_event_shown", table_name="audit_event", postgresql_using="gin")
    op.drop_column("audit_event", "customers")
