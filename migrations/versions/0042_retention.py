"""What is old is found by time, and a seal of the audit trail stands when its events are forgotten.

Revision ID: retention
Revises: consent_removed
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "retention"
down_revision = "consent_removed"
branch_labels = None
depends_on = None

RANGES = {
    "ix_document_version_observed_at": ("document_version", "observed_at"),
    "ix_customer_history_at": ("customer_history", "at"),
    "ix_timeline_entry_at": ("timeline_entry", "at"),
}


def upgrade() -> None:
    op.add_column("audit_seal", sa.Column("forgotten", sa.LargeBinary(), nullable=True))
    op.create_index("ix_audit_seal_held", "audit_seal", ["number"], postgresql_where=sa.text("forgotten IS NULL"))
    for name, (table, column) in RANGES.items():
        op.create_index(name, table, [column], postgresql_using="brin")


def downgrade() -> None:
    for name, (table, _) in RANGES.items():
        op.drop_index(name, table_name=table)
    op.drop_index("ix_audit_seal_held", table_name="audit_seal")
    op.drop_column("audit_seal", "forgotten")
